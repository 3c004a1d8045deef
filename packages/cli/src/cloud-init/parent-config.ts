/** Looks at what `--config` of `ficus cloud-init` names before the parent is asked: two kinds of files can be given to it. */
import { resolve } from 'node:path';
import { configKind } from '../commands/config-kind.ts';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';
import { readNamed } from '../output/read-named.ts';

/** Throws `cli.usage` for a file that can't be read and for a child's, which is given with `--child-config`. */
export async function checkParentConfig(io: Io, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const text = await readNamed(io, file, '--config');
  if (configKind(text) !== 'child') return;
  // What kind a file is, is guessed by its keys; a parent that takes it knows better.
  const { decodeParentConfig } = await import('@ficus/parent/config/parent-config.ts');
  if (decodeParentConfig(text, resolve(io.cwd, file)).ok) return;
  throw usageError(
    `--config wants the parent's configuration, and ${file} is a child's`,
    `take it along with --child-config ${file}`,
  );
}
