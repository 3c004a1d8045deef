/** Reads a file that an option names. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';

/** Throws `cli.usage` with the option when it can't be read. */
export function readNamed(io: Io, file: string, option: string): Promise<string> {
  return readFile(resolve(io.cwd, file), 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    const why = code === 'ENOENT' ? 'there is no such file' : `it can't be read (${code})`;
    throw usageError(
      `${option} ${file}: ${why}`,
      'check the path, which starts at the current directory, and who may read it',
    );
  });
}
