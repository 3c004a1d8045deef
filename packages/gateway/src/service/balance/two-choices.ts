/** `p2c`: of two random endpoints the one with fewer requests under way. Weights count for nothing, except 0. */

export class TwoChoices {
  readonly #endpoints: readonly { readonly inFlight: number }[];
  readonly #random: () => number;
  /** Indexes of those that take requests now. */
  readonly #open: Uint32Array;

  /** `random`: evenly in [0, 1). */
  constructor(endpoints: readonly { readonly inFlight: number }[], random: () => number) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#open = new Uint32Array(endpoints.length);
  }

  next(flags: Uint8Array): number {
    const open = this.#open;
    let count = 0;
    for (let i = 0; i < flags.length; i++) if (flags[i] === 1) open[count++] = i;
    if (count === 0) return -1;
    if (count === 1) return open[0] as number;
    const one = Math.floor(this.#random() * count);
    // One of the others, each as likely.
    const other = Math.floor(this.#random() * (count - 1));
    const a = open[one] as number;
    const b = open[other >= one ? other + 1 : other] as number;
    return this.#inFlight(b) < this.#inFlight(a) ? b : a;
  }

  #inFlight(index: number): number {
    return (this.#endpoints[index] as { inFlight: number }).inFlight;
  }
}
