/** The hash-chained list of everything that was changed, by whom and why. */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { HistoryEntry } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Change } from './store.ts';

/** What the legs of an uplink were decided to be before a change; null: never decided. */
export type Restores = Readonly<
  Record<string, { weight?: number | null; mode?: string | null; sessionsUntil?: number | null }>
>;

export interface NewEntry {
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly undoes?: number;
  readonly restores?: Restores;
}

/** An entry with what an undo of it needs. */
export interface StoredEntry extends HistoryEntry {
  readonly restores?: Restores;
}

export interface History {
  /** Appends within the caller's transaction. */
  append(change: Change, entry: NewEntry): HistoryEntry;
  list(options: { uplink?: string; limit?: number }): readonly HistoryEntry[];
  get(seq: number): StoredEntry | undefined;
  /** Changes of legs and undos, newest first, only with what an undo needs to choose. */
  legChanges(): Iterable<{ readonly seq: number; readonly undoes: number | undefined }>;
  /** Entries after those that were verified before, or all; once found broken it stays so until all are asked for. */
  verify(options?: { readonly full?: boolean }): 'verified' | 'broken';
}

interface Row {
  seq: number;
  at: string;
  actor: string;
  reason: string;
  action: string;
  subject: string;
  before: string;
  after: string;
  undoes: number | null;
  restores: string | null;
  hash: string;
}

const legActions = `('weights', 'modes', 'undo')`;

/** The history kept in `database`. */
export function openHistory(database: DatabaseSync, clock: Clock): History {
  const insert = database.prepare('INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const setMeta = database.prepare('UPDATE meta SET value = ? WHERE key = ?');
  const every = database.prepare('SELECT * FROM history ORDER BY seq');
  const later = database.prepare('SELECT * FROM history WHERE seq > ? ORDER BY seq');
  const one = database.prepare('SELECT * FROM history WHERE seq = ?');

  /** How far the chain was verified by this process. */
  let verified = { count: 0, hash: '' };
  let broken = false;

  /** Recomputes the chain after `from`; undefined when it is not what was written. */
  function follow(from: typeof verified): typeof verified | undefined {
    let { count, hash: previous } = from;
    if (count > 0 && (one.get(count) as Row | undefined)?.hash !== previous) return undefined;
    // All rows when nothing is verified: one with a number below 1 is none of ours.
    const rows = count === 0 ? every.iterate() : later.iterate(count);
    try {
      for (const row of rows as unknown as Iterable<Row>) {
        const { hash, ...entry } = fromRow(row);
        count += 1;
        if (entry.seq !== count || hash !== link(previous, entry)) return undefined;
        previous = hash;
      }
    } catch (error) {
      // A column that is no JSON any more is an edit; a disk that fails is not.
      if (typeof (error as { errcode?: unknown }).errcode === 'number') throw error;
      return undefined;
    }
    const end = head();
    return count === end.count && previous === end.hash ? { count, hash: previous } : undefined;
  }

  /** The end of the chain, kept apart from it so that a cut-off end shows. */
  function head(): { count: number; hash: string } {
    const rows = database.prepare(`SELECT key, value FROM meta WHERE key LIKE 'history.%'`).all() as {
      key: string;
      value: string;
    }[];
    const value = (key: string) => rows.find((row) => row.key === key)?.value ?? '';
    return { count: Number(value('history.count') || Number.NaN), hash: value('history.head') };
  }

  return {
    append(change, entry) {
      const { count, hash: previous } = head();
      const { restores, ...shown } = entry;
      const at = new Date(clock.now()).toISOString();
      const body = { seq: count + 1, at, actor: change.actor, reason: change.reason, ...shown };
      const hash = link(previous, { ...body, ...(restores === undefined ? {} : { restores }) });
      insert.run(
        body.seq,
        at,
        body.actor,
        body.reason,
        body.action,
        body.subject,
        canonicalJson(body.before),
        canonicalJson(body.after),
        body.undoes ?? null,
        restores === undefined ? null : canonicalJson(restores),
        hash,
      );
      setMeta.run(String(body.seq), 'history.count');
      setMeta.run(hash, 'history.head');
      return { ...body, hash };
    },

    list({ uplink, limit = 100 }) {
      const where = uplink === undefined ? '' : `WHERE subject = ?2 AND action IN ${legActions}`;
      const statement = database.prepare(`SELECT * FROM history ${where} ORDER BY seq DESC LIMIT ?1`);
      const count = Math.max(1, Math.min(1000, limit));
      const rows = uplink === undefined ? statement.all(count) : statement.all(count, uplink);
      return (rows as unknown as Row[]).map((row) => {
        const { restores: _, ...entry } = fromRow(row);
        return entry;
      });
    },

    get(seq) {
      const row = one.get(seq) as Row | undefined;
      return row === undefined ? undefined : fromRow(row);
    },

    *legChanges() {
      const statement = database.prepare(
        `SELECT seq, undoes FROM history WHERE action IN ${legActions} ORDER BY seq DESC`,
      );
      for (const row of statement.iterate() as Iterable<{ seq: number; undoes: number | null }>) {
        yield { seq: row.seq, undoes: row.undoes ?? undefined };
      }
    },

    verify({ full = false } = {}) {
      if (broken && !full) return 'broken';
      const found = follow(full ? { count: 0, hash: '' } : verified);
      broken = found === undefined;
      verified = found ?? { count: 0, hash: '' };
      return broken ? 'broken' : 'verified';
    },
  };
}

function link(previous: string, entry: object): string {
  return createHash('sha256').update(previous).update(canonicalJson(entry)).digest('hex');
}

function fromRow(row: Row): StoredEntry {
  const { before, after, undoes, restores, hash, ...plain } = row;
  return {
    ...plain,
    before: JSON.parse(before),
    after: JSON.parse(after),
    ...(undoes === null ? {} : { undoes }),
    ...(restores === null ? {} : { restores: JSON.parse(restores) as Restores }),
    hash,
  };
}
