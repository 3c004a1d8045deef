/** The arithmetic of one token bucket: what Go's `rate.Limiter` does when it reserves one and gives up what comes too late. */

/** The same for all buckets of one limiter. */
export interface BucketRules {
  /** Tokens a millisecond; more than 0. */
  readonly rate: number;
  /** Tokens it holds, at least 1. */
  readonly burst: number;
  /** How long a request may wait for its token, in milliseconds. */
  readonly maxDelayMs: number;
}

export function bucketRules(average: number, periodMs: number, burst: number): BucketRules {
  const perSecond = (average * 1000) / periodMs;
  // Traefik's: half the time between two tokens of a rate without its fraction.
  const maxDelayMs = perSecond < 1 ? 500 : 1000 / (2 * Math.floor(perSecond));
  return { rate: average / periodMs, burst, maxDelayMs };
}

/** Milliseconds from empty to full. */
export function fillMs(rules: BucketRules): number {
  return rules.burst / rules.rate;
}

/** Below this much of a token is rounding, not time: sums of shares of tokens are never quite whole. */
const crumb = 1e-9;

export class Bucket {
  tokens: number;
  #at: number;

  constructor(rules: BucketRules, now: number) {
    this.tokens = rules.burst;
    this.#at = now;
  }

  /** Tokens by `now`; `most` it may hold. */
  fill(rules: BucketRules, now: number, most: number): void {
    const elapsed = now - this.#at;
    if (elapsed > 0) {
      this.tokens = Math.min(this.tokens + elapsed * rules.rate, Math.max(most, 0));
      this.#at = now;
    }
  }

  /** 0: a token was taken. Positive: it was taken and is there after so many milliseconds. Negative: none; in so many there is. */
  take(rules: BucketRules): number {
    const left = this.tokens - 1;
    if (left >= -crumb) {
      this.tokens = left;
      return 0;
    }
    // To the nanosecond: less is rounding, and must not make a second of an hour and nothing.
    const wait = Math.round((-left / rules.rate) * 1e6) / 1e6;
    if (wait > rules.maxDelayMs) return -wait;
    this.tokens = left;
    return wait;
  }
}
