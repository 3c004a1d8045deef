/** Files that are either the old one or the new one after a crash, never half of each. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FicusError } from './errors.ts';

export interface AtomicWriteOptions {
  /** Permission bits whatever the umask says; default 0o600. */
  readonly mode?: number;
}

/**
 * Replaces `path` with `data`: a temporary file beside it is written, fsynced and renamed over it, then the
 * directory is fsynced, so that the change survives a power cut once this resolves.
 * Throws `file.unwritable` with a remedy and leaves the old file alone when anything fails.
 */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const mode = options.mode ?? 0o600;
  const directory = dirname(path);
  const temporary = join(
    directory,
    `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw unwritable(path, error);
  }
}

/**
 * The content of `path`, at most `maxBytes` of it: a bigger file throws `file.too-large`, an unreadable one
 * `file.unreadable`. `undefined` when it isn't there.
 */
export async function readFileCapped(path: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      // One byte more than allowed, not `stat`: a pipe or a growing file has no size to trust.
      const buffer = Buffer.allocUnsafe(Math.min((await file.stat()).size, maxBytes) + 1);
      const chunks: Buffer[] = [];
      let total = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) return Buffer.concat(chunks, total);
        total += bytesRead;
        if (total > maxBytes) {
          throw new FicusError('file.too-large', `${path}: want at most ${maxBytes} bytes, found more`, {
            remedy: 'check that this is the file you meant',
          });
        }
        chunks.push(Buffer.from(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FicusError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FicusError('file.unreadable', `${path}: can't be read: ${(error as Error).message}`, {
      remedy: `let the user this process runs as read ${path}`,
      cause: error,
    });
  }
}

/** Makes `path` (and its parents) with mode 0700 when it is missing; one that is there is left as it is. Throws `file.unwritable`. */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Makes a rename or an unlink in `directory` durable. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unwritable(path: string, error: unknown): FicusError {
  const { code, message } = error as NodeJS.ErrnoException;
  const remedy =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? `free space on the file system of ${path}`
      : `make ${dirname(path)} writable for the user this process runs as (uid ${process.getuid?.() ?? '?'})`;
  return new FicusError('file.unwritable', `${path}: can't be written: ${message}`, { remedy, cause: error });
}
