/** How many requests ended in the last ten seconds, in all and with statuses of certain ranges. */

const seconds = 10;
const secondMs = 1000;

/** Status codes, the second one left out. */
export type CodeRange = readonly [from: number, to: number];

export class RollingCounts {
  readonly #ranges: readonly CodeRange[];
  /** Counters of one second: all, network errors, one for each range. */
  readonly #width: number;
  readonly #rows: Uint32Array;
  /** Of all rows. */
  readonly #sums: Uint32Array;
  /** Number of the second that was counted last. */
  #second = Number.NEGATIVE_INFINITY;

  constructor(ranges: readonly CodeRange[]) {
    this.#ranges = ranges;
    this.#width = ranges.length + 2;
    this.#rows = new Uint32Array(seconds * this.#width);
    this.#sums = new Uint32Array(this.#width);
  }

  /** `now`: monotonic milliseconds. */
  add(now: number, status: number): void {
    this.roll(now);
    this.#count(0);
    if (status === 502 || status === 504) this.#count(1);
    for (let i = 0; i < this.#ranges.length; i++) {
      const range = this.#ranges[i] as CodeRange;
      if (status >= range[0] && status < range[1]) this.#count(i + 2);
    }
  }

  /** Forgets what is older than ten seconds. */
  roll(now: number): void {
    const second = Math.floor(now / secondMs);
    if (second <= this.#second) return;
    if (second - this.#second >= seconds) this.clear();
    else for (let each = this.#second + 1; each <= second; each++) this.#forget(each % seconds);
    this.#second = second;
  }

  get total(): number {
    return this.#sums[0] as number;
  }

  /** Those with status 502 or 504. */
  get networkErrors(): number {
    return this.#sums[1] as number;
  }

  /** Of one of the ranges it was made with. */
  in(from: number, to: number): number {
    const at = this.#ranges.findIndex((range) => range[0] === from && range[1] === to);
    return at < 0 ? 0 : (this.#sums[at + 2] as number);
  }

  clear(): void {
    this.#rows.fill(0);
    this.#sums.fill(0);
  }

  #count(column: number): void {
    const at = (this.#second % seconds) * this.#width + column;
    this.#rows[at] = (this.#rows[at] as number) + 1;
    this.#sums[column] = (this.#sums[column] as number) + 1;
  }

  #forget(row: number): void {
    const start = row * this.#width;
    for (let i = 0; i < this.#width; i++) {
      this.#sums[i] = (this.#sums[i] as number) - (this.#rows[start + i] as number);
      this.#rows[start + i] = 0;
    }
  }
}
