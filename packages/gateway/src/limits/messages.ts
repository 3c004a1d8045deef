/** What workers and the main process say to each other about limits: many words in one message a turn of the event loop. */
import type { BucketRules } from './bucket.ts';

export type LimitRules =
  | ({ readonly kind: 'tokens' } & BucketRules)
  | { readonly kind: 'slots'; readonly amount: number };

/** From now on `index` of this worker stands for the limiter `key`, which is the same in all workers. */
export type Definition = readonly [index: number, key: string, rules: LimitRules];

/**
 * `need` units for requests that wait, and up to `ahead` more for those to come. `spent`: of those given ahead before, so many are
 * used up since the last word about them.
 */
export type Ask = readonly [
  id: number,
  index: number,
  source: string,
  need: number,
  ahead: number,
  spent: number,
];

/** `units` are given back. `recalled`: in answer to a recall. */
export type Return = readonly [
  index: number,
  source: string,
  units: number,
  spent: number,
  recalled: boolean,
];

/**
 * The answer to an ask: `now` of those needed may pass, one more after `delayMs` (-1: none), `ahead` are for later; the rest is
 * refused, and worth another try in `retryMs`.
 */
export type Grant = readonly [id: number, now: number, ahead: number, delayMs: number, retryMs: number];

/** Wanted back at once: what is not in use. */
export type Recall = readonly [index: number, source: string];

export interface LimitsFromWorker {
  readonly type: 'limits';
  readonly define?: readonly Definition[];
  readonly returns?: readonly Return[];
  readonly asks?: readonly Ask[];
  /** These indexes stand for nothing any more. */
  readonly forget?: readonly number[];
}

export interface LimitsToWorker {
  readonly type: 'limits';
  readonly grants?: readonly Grant[];
  readonly recalls?: readonly Recall[];
}
