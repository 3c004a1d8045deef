/** How many requests a second are let in. */
import type { Clock } from '@ficus/common/clock.ts';
import type { RateLimit } from '../faults.ts';

export class TokenBucket {
  readonly #clock: Clock;
  #limit: RateLimit | undefined;
  #left = 0;
  #at = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined lets it in; else after how many whole seconds to come again. */
  refuses(limit: RateLimit | undefined): number | undefined {
    if (limit === undefined) return undefined;
    const burst = limit.burst ?? limit.perSecond;
    const now = this.#clock.monotonic();
    if (limit !== this.#limit) {
      this.#limit = limit;
      this.#left = burst;
      this.#at = now;
    }
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * limit.perSecond);
    this.#at = now;
    if (this.#left >= 1) {
      this.#left -= 1;
      return undefined;
    }
    return Math.max(1, Math.ceil((1 - this.#left) / limit.perSecond));
  }
}
