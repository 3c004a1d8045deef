/** Stream ids remembered for a while: the newest ones, within a bound. */

export class RecentIds {
  readonly #most: number;
  readonly #ids = new Set<number>();

  constructor(most: number) {
    this.#most = most;
  }

  add(id: number): void {
    this.#ids.add(id);
    // A Set keeps the order of insertion: the first is the oldest.
    if (this.#ids.size > this.#most) this.#ids.delete(this.#ids.values().next().value as number);
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }
}
