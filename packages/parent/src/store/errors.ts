/** Turns what SQLite and the file system say into errors a person can act on. */
import { FicusError } from '@ficus/common/errors.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const sqlite = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const;

/** `error` as a FicusError with a `store.…` code; a FicusError stays what it is. */
export function storeError(error: unknown, file: string): unknown {
  if (error instanceof FicusError) return error;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return sqliteError(errcode & 0xff, error as Error, file);
  if (typeof code === 'string') return fileError(code, error as Error, file);
  return error;
}

/** The database is there but damaged, or not a database of ours. */
export function corrupt(file: string, found: string, cause?: unknown): FicusError {
  return new FicusError('store.corrupt', `${file}: want an intact Ficus database, found ${found}`, {
    status: 503,
    remedy: `nothing was changed; keep a copy of ${file}* and put a backup of yours in its place. Without one, move it away: weights, grants and history are then lost, and each child joins again with a new token and --force`,
    cause,
  });
}

function sqliteError(primary: number, cause: Error, file: string): unknown {
  switch (primary) {
    case sqlite.full:
      return full(file, cause);
    case sqlite.readOnly:
      return readOnly(file, cause);
    case sqlite.ioError:
      return new FicusError('store.io', `${file}: the disk refused a read or write: ${cause.message}`, {
        status: 503,
        remedy: `check the disk under ${file}; the change was not made`,
        cause,
      });
    case sqlite.corrupt:
    case sqlite.notADatabase:
      return corrupt(file, cause.message, cause);
    case sqlite.busy:
    case sqlite.locked:
      return new FicusError('store.busy', `${file}: another process holds the database`, {
        status: 503,
        remedy: 'close the other program that has the file open, then try again',
        cause,
      });
    case sqlite.cantOpen:
      return unwritable(file, cause);
    default:
      return cause;
  }
}

function fileError(code: string, cause: Error, file: string): unknown {
  if (code === 'ENOSPC' || code === 'EDQUOT') return full(file, cause);
  if (code === 'EROFS') return readOnly(file, cause);
  if (/^(?:EACCES|EPERM|ENOTDIR|EISDIR|ENOENT|EEXIST|ELOOP)$/.test(code)) return unwritable(file, cause);
  return cause;
}

function full(file: string, cause: Error): FicusError {
  return new FicusError('store.full', `${file}: no space left for the change; it was not made`, {
    status: 507,
    remedy: `free space on the file system of ${file}; traffic is not affected`,
    cause,
  });
}

function readOnly(file: string, cause: Error): FicusError {
  return new FicusError('store.read-only', `${file}: can't be written to; the change was not made`, {
    status: 503,
    remedy: `make the file system of ${file} writable again; traffic is not affected`,
    cause,
  });
}

function unwritable(file: string, cause: Error): FicusError {
  return new FicusError('store.unwritable', `${file}: can't be opened for writing: ${cause.message}`, {
    status: 503,
    remedy: `make its directory writable for the user this process runs as (uid ${process.getuid?.() ?? '?'})`,
    cause,
  });
}
