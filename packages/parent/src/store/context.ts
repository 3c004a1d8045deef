/** What the parts of the store share. */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@ficus/common/clock.ts';
import { transaction } from './database.ts';
import type { History } from './history.ts';

export interface StoreContext {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly history: History;
  /** One durable transaction; errors come out as FicusErrors. */
  write<T>(work: () => T): T;
  /** Runs after each committed write, and must not throw; replaces an earlier one. */
  onCommit(listener: () => void): void;
}

/** Ties the parts to one database file. */
export function storeContext(
  database: DatabaseSync,
  file: string,
  clock: Clock,
  history: History,
): StoreContext {
  let committed = () => {};
  return {
    database,
    clock,
    history,
    write(work) {
      const result = transaction(database, file, work);
      committed();
      return result;
    },
    onCommit(listener) {
      committed = listener;
    },
  };
}

/** Milliseconds since the epoch as ISO 8601. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
