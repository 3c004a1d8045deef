/** Reads a child's configuration file, or, when it is broken, the one it last served with. */
import { dirname, resolve } from 'node:path';
import { readFileCapped } from '@ficus/common/atomic-file.ts';
import type { At } from '@ficus/common/config/decode.ts';
import { formatProblem } from '@ficus/common/config/problem.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import { type ChildConfig, decodeChildConfig } from '../config/child-config.ts';
import { readLastGood } from './last-good.ts';

/** Of one file; the decoder allows the same. */
const maxBytes = 4 * 1024 * 1024;

/** Throws `config.missing` or `config.refused`, the latter with a line for each mistake. `at` says where a value stands. */
export async function readChildConfig(file: string): Promise<{ config: ChildConfig; at: At }> {
  const decoded = decodeChildConfig(await readText(file), file);
  if (!decoded.ok) throw refused(decoded.problems.map(formatProblem));
  return { config: decoded.value, at: decoded.at };
}

/**
 * As `readChildConfig`, but a broken file is answered with the configuration that served last, and said loudly.
 * Throws only when there is no such configuration.
 */
export async function loadChildConfig(file: string, log: Log): Promise<ChildConfig> {
  try {
    return (await readChildConfig(file)).config;
  } catch (error) {
    const text = await readText(file).catch(() => '');
    const lastGood = await readLastGood(guessStateDirectory(text, file), log);
    if (lastGood === undefined) throw error;
    log.error({ err: error }, 'configuration refused: starting with the one that served last');
    return lastGood.config;
  }
}

/** The error for mistakes in configuration files: a line each, twenty at most. */
export function refused(problems: readonly string[]): FicusError {
  const lines = problems.slice(0, 20);
  if (problems.length > lines.length) lines.push(`… and ${problems.length - lines.length} more`);
  return new FicusError('config.refused', lines.join('\n'), {
    remedy: 'correct the file; `ficus check <file>` tells whether it is right',
    status: 400,
  });
}

async function readText(file: string): Promise<string> {
  const bytes = await readFileCapped(file, maxBytes);
  if (bytes !== undefined) return bytes.toString('utf8');
  throw new FicusError('config.missing', `${file}: want a configuration file, found none`, {
    remedy: 'give its path with --config',
  });
}

/** The key as it stands at the beginning of a line: the file as a whole can't be read, that is why we are here. */
function guessStateDirectory(text: string, file: string): string {
  const [, quoted, plain] =
    /^stateDirectory:[ \t]*(?:["']([^"'\n]+)["']|([^\s#"'][^\n#]*))/m.exec(text) ?? [];
  return resolve(dirname(resolve(file)), quoted ?? plain?.trim() ?? 'state');
}
