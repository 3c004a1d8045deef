/** Reads a file that an option names. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from './failure.ts';
import type { Io } from './io.ts';

/** Throws `cli.usage` with the option when it can't be read. */
export function readNamed(io: Io, file: string, option: string): Promise<string> {
  return readFile(resolve(io.cwd, file), 'utf8').catch((error: unknown) => {
    throw unreadable(error, file, option);
  });
}

/** An operating system's error as one that names the option; any other as it is. */
export function unreadable(error: unknown, file: string, option: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const why = error.code === 'ENOENT' ? 'there is no such file' : `it can't be read (${String(error.code)})`;
  return usageError(
    `${option} ${file}: ${why}`,
    'check the path, which starts at the current directory, and who may read it',
  );
}
