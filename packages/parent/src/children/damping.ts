/** Keeps a flapping leg from thrashing: each flap makes its re-admission a little slower. */

const firstHoldMs = 500;
const longestHoldMs = 8_000;
/** A leg that stayed up this long has its flaps forgiven. */
const forgivenAfterMs = 60_000;

/**
 * Hold-down of one leg. The first fall is re-admitted at once; from the second within a minute on it has to stay well
 * for 0.5 s, 1 s, 2 s … at most 8 s. Falling is never slowed.
 */
export class Damping {
  #flaps = 0;
  #lastFall = Number.NEGATIVE_INFINITY;

  /** It went down at monotonic time `now`. */
  fell(now: number): void {
    this.#flaps = now - this.#lastFall > forgivenAfterMs ? 1 : this.#flaps + 1;
    this.#lastFall = now;
  }

  /** Milliseconds it has to stay well before it is re-admitted. */
  holdMs(): number {
    if (this.#flaps <= 1) return 0;
    return Math.min(longestHoldMs, firstHoldMs * 2 ** Math.min(this.#flaps - 2, 10));
  }
}
