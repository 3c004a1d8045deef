/** Files that only this process's user may read: opened without following links, written durably. */

import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { FicusError } from '@ficus/common/errors.ts';

const maxBytes = 1_048_576;

/** The `code` of a file system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function checkPrivate(path: string, what: string, mode: number, owner: number): void {
  const me = process.geteuid?.();
  if (me !== undefined && owner !== me) {
    throw new FicusError(
      'files.other-owner',
      `expected ${what} ${path} to belong to user ${me}, found owner ${owner}`,
      {
        remedy: `chown ${me} ${path}, or run ficus as the user who owns it`,
      },
    );
  }
  if ((mode & 0o077) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0');
    throw new FicusError(
      'files.too-open',
      `expected ${what} ${path} to be closed to group and others, found mode ${found}`,
      { remedy: `chmod go= ${path}` },
    );
  }
}

/** Makes the directory (0700) when it is missing, and refuses one that others can enter or own, or a link. */
export async function privateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await lstat(path);
    if (!found.isDirectory()) throw notPlain(path, 'a directory');
    checkPrivate(path, 'directory', found.mode, found.uid);
  } catch (error) {
    throw unusable(path, error);
  }
}

/**
 * Reads a private file of at most 1 MiB; undefined when it does not exist. Refuses a link, another owner and any bit
 * for group or others. The checks are made on the open file, so it cannot be swapped in between.
 */
export async function readPrivate(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) throw notPlain(path, 'a plain file');
    checkPrivate(path, 'file', found.mode, found.uid);
    if (found.size > maxBytes) throw notPlain(path, `a file of at most ${maxBytes} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw unusable(path, error);
  } finally {
    await file?.close();
  }
}

/** As `readPrivate`, but links on the way are followed first: operators mount secrets behind them. Missing throws. */
export async function readOperatorsKey(path: string): Promise<string> {
  try {
    const text = await readPrivate(await realpath(path));
    if (text !== undefined) return text;
  } catch (error) {
    throw unusable(path, error);
  }
  throw notPlain(path, 'a file');
}

/** Creates a file of mode 0600 that must not exist yet, and waits until it is on the disk. */
export async function createPrivate(path: string, content: string): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    throw unusable(path, error);
  } finally {
    await file?.close();
  }
}

/** Waits until names made, renamed or removed in the directory are on the disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function notPlain(path: string, wanted: string): FicusError {
  return new FicusError('files.not-plain', `expected ${path} to be ${wanted}, found something else`, {
    remedy: 'point the configuration at the right path',
  });
}

/** One line about a file that cannot be used; a `FicusError` passes unchanged. */
export function unusable(path: string, error: unknown): FicusError {
  if (error instanceof FicusError) return error;
  const code = errnoOf(error) ?? 'unknown error';
  const remedies: Record<string, string> = {
    EACCES: `give the user who runs ficus access to ${path}`,
    EPERM: `give the user who runs ficus access to ${path}`,
    EROFS: 'put the state directory on a writable file system',
    ENOSPC: 'free space on the file system',
    ELOOP: `replace the symbolic link ${path} by the file itself`,
    ENOENT: `create ${path} or correct the path`,
    ENOTDIR: `remove the file that stands where a directory of ${path} should be`,
    EEXIST: `remove the file that stands at ${path}`,
  };
  return new FicusError('files.unusable', `cannot use ${path}: ${code}`, {
    remedy: remedies[code] ?? 'check the disk and the permissions',
    cause: error,
  });
}
