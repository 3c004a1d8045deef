/** How long requests took in the last minute, in classes that are at most 3 % wide. */

const buckets = 6;
const bucketMs = 10_000;
/** Classes for each doubling. */
const perDoubling = 32;
/** From 1/16 ms to more than an hour; what is outside counts as the nearest. */
const lowestMs = 2 ** -4;
const classes = 26 * perDoubling;

export class RollingLatencies {
  readonly #rows = new Uint32Array(buckets * classes);
  /** Number of the ten seconds that were counted last. */
  #period = Number.NEGATIVE_INFINITY;

  /** `now`: monotonic milliseconds; `ms`: how long it took. */
  add(now: number, ms: number): void {
    this.roll(now);
    const at = (this.#period % buckets) * classes + classOf(ms);
    this.#rows[at] = (this.#rows[at] as number) + 1;
  }

  /** Forgets what is older than a minute. */
  roll(now: number): void {
    const period = Math.floor(now / bucketMs);
    if (period <= this.#period) return;
    const from = Math.max(this.#period + 1, period - buckets + 1);
    for (let each = from; each <= period; each++) {
      const start = (each % buckets) * classes;
      this.#rows.fill(0, start, start + classes);
    }
    this.#period = period;
  }

  /** Milliseconds within which `percent` of the requests ended, at most 3 % too many; 0 without requests. */
  quantile(percent: number): number {
    const sums = new Uint32Array(classes);
    let total = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      const count = this.#rows[i] as number;
      if (count === 0) continue;
      sums[i % classes] = (sums[i % classes] as number) + count;
      total += count;
    }
    if (total === 0) return 0;
    const wanted = Math.max(1, Math.ceil((total * percent) / 100));
    let seen = 0;
    for (let i = 0; i < classes; i++) {
      seen += sums[i] as number;
      if (seen >= wanted) return lowestMs * 2 ** ((i + 1) / perDoubling);
    }
    return 0;
  }

  clear(): void {
    this.#rows.fill(0);
  }
}

function classOf(ms: number): number {
  const doublings = Math.log2(Math.max(ms, lowestMs) / lowestMs);
  return Math.min(Math.floor(doublings * perDoubling), classes - 1);
}
