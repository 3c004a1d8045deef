/** How often something happened in the last second or so: the cheap way, for limits on what a peer may do. */

import { type Fault, fault } from './faults.ts';
import { errorCodes } from './frames.ts';

const windowMs = 1000;

export class Rate {
  readonly #most: number;
  /** What there was too much of, and the key that says so. */
  readonly excess: Fault;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `most` a second, 0 for no limit, of `what`, limited by `key`. */
  constructor(most: number, what: string, key: string) {
    this.#most = most;
    this.excess = fault(errorCodes.enhanceYourCalm, `more than ${most} ${what} a second (http2.${key})`);
  }

  /** Counts one at monotonic time `now`; true when that is one too many. */
  exceeded(now: number): boolean {
    if (this.#most === 0) return false;
    if (now - this.#since >= windowMs) {
      this.#since = now;
      this.#count = 0;
    }
    return ++this.#count > this.#most;
  }
}
