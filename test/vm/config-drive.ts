/** Makes the CD-ROM that AHV gives a new VM: cloud-init's config drive, version 2. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';

export interface ConfigDrive {
  readonly userData: string;
  readonly hostname: string;
  /** The VM's own: cloud-init takes one it doesn't know for a first boot. */
  readonly uuid: string;
}

/** Writes `<name>.iso` into a folder, labelled `config-2`, and returns its path. */
export async function writeConfigDrive(folder: string, name: string, drive: ConfigDrive): Promise<string> {
  const tree = join(folder, `${name}-drive`);
  const latest = join(tree, 'openstack', 'latest');
  await mkdir(latest, { recursive: true });
  await writeFile(join(latest, 'user_data'), drive.userData);
  await writeFile(
    join(latest, 'meta_data.json'),
    `${JSON.stringify({ hostname: drive.hostname, uuid: drive.uuid })}\n`,
  );
  const iso = join(folder, `${name}.iso`);
  await rm(iso, { force: true });
  await command('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'config-2', '-J', '-r', '-o', iso, tree]);
  return iso;
}
