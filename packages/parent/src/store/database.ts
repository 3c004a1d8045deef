/** Opens the database file: made whole or not at all, checked before it is touched, durable at every commit. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { corrupt, storeError } from './errors.ts';
import { migrate } from './migrations.ts';

/**
 * The database in `file`, 0600 in a 0700 directory, in WAL mode with `synchronous=FULL`. A missing file is made;
 * a damaged, empty or foreign one is refused (`store.corrupt`) and left exactly as it is.
 */
export function openDatabase(file: string): DatabaseSync {
  try {
    const size = sizeOf(file);
    if (size === undefined) create(file);
    else if (size === 0) throw corrupt(file, 'an empty file');
    else check(file);
    chmodSync(file, 0o600);
    const database = connect(file);
    try {
      migrate(database, file);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  } catch (error) {
    throw storeError(error, file);
  }
}

/** Makes the directory of `file` when missing, and private. */
export function makeDirectory(file: string): void {
  try {
    makeDirectories(dirname(file));
    chmodSync(dirname(file), 0o700);
  } catch (error) {
    throw storeError(error, file);
  }
}

/** Not `recursive: true`: on a file system that answers ENOENT for good (such as /proc) Node would try for ever. */
function makeDirectories(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeDirectories(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/** Runs `work` in one transaction; it is on disk when this returns, and never happened when this throws. */
export function transaction<T>(database: DatabaseSync, file: string, work: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back after some errors (full disk, I/O).
    if (database.isTransaction) database.exec('ROLLBACK');
    throw storeError(error, file);
  }
}

function sizeOf(file: string): number | undefined {
  return lstatSync(file, { throwIfNoEntry: false })?.size;
}

function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 2000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF');
  return database;
}

/**
 * In a file of another name, renamed when it is complete: a crash while making it cannot leave an empty database
 * that a later start would take for the real one.
 */
function create(file: string): void {
  const draft = `${file}.new`;
  for (const leftover of [draft, `${draft}-wal`, `${draft}-shm`]) rmSync(leftover, { force: true });
  closeSync(openSync(draft, 'wx', 0o600));
  const database = connect(draft);
  try {
    migrate(database, draft);
  } finally {
    database.close();
  }
  renameSync(draft, file);
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** Read-only, so that a damaged file is not even checkpointed into. */
function check(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 2000 });
  try {
    const rows = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
    const verdict = rows[0]?.quick_check ?? 'no answer';
    if (verdict !== 'ok') throw corrupt(file, verdict.replaceAll('\n', ' '));
  } finally {
    database.close();
  }
}
