/** How many connections each client address has open, where that is limited. */

export class AddressCounts {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  /** `most` connections an address; 0: no limit, and nothing is counted. */
  constructor(most: number) {
    this.#most = most;
  }

  /** One more of `address`; false when it has as many as it may, and then it is not counted. */
  enter(address: string): boolean {
    if (this.#most === 0) return true;
    const open = this.#open.get(address) ?? 0;
    if (open >= this.#most) return false;
    this.#open.set(address, open + 1);
    return true;
  }

  leave(address: string): void {
    if (this.#most === 0) return;
    const open = (this.#open.get(address) ?? 1) - 1;
    if (open === 0) this.#open.delete(address);
    else this.#open.set(address, open);
  }
}
