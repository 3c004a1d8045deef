/** How often something happened in the last second or so: the cheap way, for limits on what a peer may do. */

const windowMs = 1000;

export class Rate {
  readonly #most: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `most` a second; 0 for no limit. */
  constructor(most: number) {
    this.#most = most;
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
