/** The schema, and the way forward from every earlier one. Nothing here ever goes back. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { FicusError } from '@ficus/common/errors.ts';

/** `migrations[n]` leads from `user_version` n to n + 1. Published steps are never edited. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  INSERT INTO meta VALUES ('history.count', '0'), ('history.head', '');
  CREATE TABLE children (
    name TEXT PRIMARY KEY, address TEXT NOT NULL, workloads TEXT NOT NULL, joined_at INTEGER NOT NULL,
    revoked_at INTEGER, serial TEXT NOT NULL, not_after TEXT NOT NULL
  ) STRICT;
  CREATE TABLE certificates (
    serial TEXT PRIMARY KEY, child TEXT NOT NULL, uri TEXT NOT NULL, not_before TEXT NOT NULL,
    not_after TEXT NOT NULL, expires INTEGER NOT NULL, revoked_at INTEGER
  ) STRICT;
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, child TEXT NOT NULL, workloads TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER, revoked_at INTEGER,
    key_hash TEXT, certificate TEXT
  ) STRICT;
  CREATE TABLE legs (
    uplink TEXT NOT NULL, child TEXT NOT NULL, weight INTEGER, mode TEXT, PRIMARY KEY (uplink, child)
  ) STRICT;
  CREATE TABLE history (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, undoes INTEGER, restores TEXT,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_subject ON history (subject, seq);
  `,
  // Until when sessions stay at a leg that drains, milliseconds since the epoch.
  'ALTER TABLE legs ADD COLUMN sessions_until INTEGER',
  // What a joining child is given, sealed with its token.
  'ALTER TABLE tokens ADD COLUMN sealed TEXT',
];

/**
 * Brings `database` to the newest schema, all steps or none. A database that has data is first copied to
 * `<file>.v<version>.bak`. Throws `store.newer` for a schema from a later release.
 */
export function migrate(database: DatabaseSync, file: string, steps: readonly string[] = migrations): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > steps.length) {
    throw new FicusError('store.newer', `${file}: want schema ${steps.length} or older, found ${version}`, {
      status: 503,
      remedy: 'run the newer release of ficus that wrote it; nothing was changed',
    });
  }
  if (version === steps.length) return;
  if (version > 0) backup(database, `${file}.v${version}.bak`);
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** A consistent copy, synchronously, under its name only when it is whole. One already there is of the same version. */
function backup(database: DatabaseSync, to: string): void {
  if (existsSync(to)) return;
  const draft = `${to}.new`;
  rmSync(draft, { force: true });
  // SQLite fills an empty file, which unlike one that it makes is private from the start.
  const copy = openSync(draft, 'wx', 0o600);
  try {
    database.prepare('VACUUM INTO ?').run(draft);
    fsyncSync(copy);
  } finally {
    closeSync(copy);
  }
  renameSync(draft, to);
}
