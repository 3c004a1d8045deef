/** The mean of the last hundred samples, in constant time and a kilobyte. */

const size = 100;

export class RecentAverage {
  readonly #samples = new Float64Array(size);
  #count = 0;
  #at = 0;
  #sum = 0;

  add(sample: number): void {
    this.#sum += sample - (this.#samples[this.#at] as number);
    this.#samples[this.#at] = sample;
    this.#at++;
    if (this.#count < size) this.#count++;
    if (this.#at < size) return;
    this.#at = 0;
    // Once a round from scratch: rounding must not add up over millions of samples.
    this.#sum = this.#samples.reduce((sum, one) => sum + one, 0);
  }

  /** 0 while there are no samples. */
  get value(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }
}
