/** The way back of an endpoint that was ejected: a share of its requests that grows to the whole. */

/** What it takes at first: enough to see whether it works again, too little to do much harm if not. */
const firstShare = 0.1;

export class Readmission {
  /** Monotonic milliseconds from which it takes the whole. */
  readonly end: number;
  readonly #since: number;
  /** What it is owed, in requests; the first one it gets at once. */
  #credit = 1 - firstShare;

  constructor(now: number, ms: number) {
    this.#since = now;
    this.end = now + ms;
  }

  /** Counts one request that is meant for it; true when it takes this one. Even spread, no chance. */
  admits(now: number): boolean {
    if (now >= this.end) return true;
    const part = (now - this.#since) / (this.end - this.#since);
    // A hair more than nine tenths and a tenth make in doubles.
    this.#credit += firstShare + (1 - firstShare) * part + 1e-9;
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }
}
