/** One parent per state directory: a lock that the kernel lets go of when the process ends, however it ends. */
import { closeSync, constants, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { FicusError } from '@ficus/common/errors.ts';
import { storeError } from './errors.ts';

/**
 * Takes the lock `file`; the returned function lets go of it. Throws `store.in-use`, naming the other process.
 * It is a tiny SQLite database whose write lock (an `fcntl` lock) is held: readers can still see who holds it.
 */
export function takeLock(file: string): () => void {
  let database: DatabaseSync | undefined;
  try {
    // Made here first, so that it never exists with wider permissions.
    closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE');
    database.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)');
    database.exec(`DELETE FROM holder; INSERT INTO holder VALUES (${process.pid}); COMMIT; BEGIN IMMEDIATE`);
    const held = database;
    return () => held.close();
  } catch (error) {
    const failure = isBusy(error) ? inUse(file, holder(database)) : storeError(error, file);
    database?.close();
    throw failure;
  }
}

function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && ((errcode & 0xff) === 5 || (errcode & 0xff) === 6);
}

function holder(database: DatabaseSync | undefined): string {
  try {
    const row = database?.prepare('SELECT pid FROM holder').get() as { pid: number } | undefined;
    return row === undefined ? 'another process' : `process ${row.pid}`;
  } catch {
    return 'another process';
  }
}

function inUse(file: string, who: string): FicusError {
  return new FicusError('store.in-use', `${file}: want a state directory of its own, found ${who} using it`, {
    status: 503,
    remedy: 'stop the other parent, or give this one another stateDirectory',
  });
}
