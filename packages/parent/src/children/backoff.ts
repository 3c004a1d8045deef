/** How long to wait before trying a child again. */

const firstMs = 100;
const longestMs = 5_000;

/** Doubling waits with jitter: between half and the whole of 100 ms, 200 ms, … 5 s, so that parents don't march in step. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random` gives 0 ≤ x < 1; a parameter for tests. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait after one more failure. */
  next(): number {
    const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    return Math.round(ceiling * (0.5 + this.#random() / 2));
  }

  /** It worked: the next failure starts at the beginning. */
  reset(): void {
    this.#failures = 0;
  }
}
