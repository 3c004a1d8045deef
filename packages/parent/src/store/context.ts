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
}

/** Ties the parts to one database file. */
export function storeContext(
  database: DatabaseSync,
  file: string,
  clock: Clock,
  history: History,
): StoreContext {
  return { database, clock, history, write: (work) => transaction(database, file, work) };
}

/** Milliseconds since the epoch as ISO 8601. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
