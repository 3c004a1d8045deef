/** The failures of one endpoint that still count: as many as matter, the oldest forgotten first. */

export class FailureWindow {
  /** Monotonic milliseconds, oldest first; those before `#from` are forgotten. */
  #at: number[] = [];
  #from = 0;

  /** Counts one more; true when that makes `max` within `windowMs`. */
  add(now: number, windowMs: number, max: number): boolean {
    this.#at.push(now);
    while (this.#at.length - this.#from > max || now - (this.#at[this.#from] as number) >= windowMs)
      this.#from++;
    // Half of it is forgotten: moving the rest costs no more than was saved.
    if (this.#from * 2 > this.#at.length) {
      this.#at = this.#at.slice(this.#from);
      this.#from = 0;
    }
    return this.#at.length - this.#from >= max;
  }

  clear(): void {
    if (this.#at.length === 0) return;
    this.#at = [];
    this.#from = 0;
  }
}
