/** When and how often a request may be sent again. */

/** Status codes, ends included. */
export type StatusRange = readonly [from: number, to: number];

export interface RetryPolicy {
  /** Attempts in all, counting the first: at least 1. */
  readonly attempts: number;
  /** Whether failed connections and broken ones are tried again, as far as the request allows. */
  readonly networkErrors: boolean;
  /** Answers of an endpoint that are tried again; empty for none. */
  readonly statuses: readonly StatusRange[];
  /** Milliseconds before the second attempt, growing to twice as long; 0 for none. */
  readonly initialIntervalMs: number;
  /** Milliseconds after which no further attempt begins; 0 for no limit. */
  readonly timeoutMs: number;
  /** Most body bytes kept for another attempt. */
  readonly maxBodyBytes: number;
  /** Whether POST and the like are sent again too, although an endpoint may have acted on them. */
  readonly nonIdempotent: boolean;
}

/** What holds without a `retry` middleware: what fails before an endpoint can have acted on it goes elsewhere. */
export const defaultRetryPolicy: RetryPolicy = {
  attempts: 3,
  networkErrors: true,
  statuses: [],
  initialIntervalMs: 0,
  timeoutMs: 0,
  maxBodyBytes: 65_536,
  nonIdempotent: false,
};

export function includesStatus(ranges: readonly StatusRange[], status: number): boolean {
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i] as StatusRange;
    if (status >= range[0] && status <= range[1]) return true;
  }
  return false;
}
