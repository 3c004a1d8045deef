/** The seam between the limiting middlewares and who keeps count: this process alone, or all workers together. */

import type { Visit } from '../middleware/middleware.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import type { BucketRules } from './bucket.ts';

/** What `Tokens.take` answers when it has to ask somebody. */
export const ask: number = Number.NaN;

/** Hears what somebody else decided. Once. */
export interface TokenWaiter {
  /** As `Tokens.take`, but never `ask`. */
  decided(wait: number): void;
  /** Nobody could decide, and without a decision nothing passes. */
  undecided(): void;
}

/** One rate limiter: a bucket for each source. */
export interface Tokens {
  /** 0: pass. Positive: pass after so many milliseconds. Negative: refused, worth another try in so many. NaN: `ask`. */
  take(source: string): number;
  /** After `take` said so. */
  ask(source: string, waiter: TokenWaiter): void;
}

/** Hears whether there is room. Once. */
export interface SlotWaiter {
  /** `visit` must hear of the end of the request. Undefined: none is free. */
  decided(visit: Visit | undefined): void;
}

/** One limiter of requests under way. */
export interface Slots {
  /** Who must hear of the end of the request; `full` when it is refused. */
  take(source: string): Visit | 'full' | 'ask';
  /** After `take` said so. */
  ask(source: string, waiter: SlotWaiter): void;
}

/** Makes limiters. `key` says which are the same in every process. */
export interface Limits {
  readonly log: DataPlaneLog;
  tokens(key: string, rules: BucketRules): Tokens;
  slots(key: string, amount: number): Slots;
}
