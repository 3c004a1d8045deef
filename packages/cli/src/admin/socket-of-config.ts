/** The admin socket that a parent's configuration file names. */
import { readFile } from 'node:fs/promises';
import { refusedConfiguration } from '../output/configuration.ts';

/** Its absolute path; undefined when the file describes a plain reverse proxy that asks for none. */
export async function socketOfConfig(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8');
  const { decodeParentConfig } = await import('@ficus/parent/config/parent-config.ts');
  const decoded = decodeParentConfig(text, file);
  if (!decoded.ok) throw refusedConfiguration(decoded.problems);
  const { meshEnabled, admin } = decoded.value;
  return meshEnabled || admin.alone ? admin.socket : undefined;
}
