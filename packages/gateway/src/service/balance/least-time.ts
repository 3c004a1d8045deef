/** `leasttime`: the endpoint that is expected to answer first. */
import { SmoothWeighted } from '../smooth-weighted.ts';

interface Timed {
  readonly averageMs: number;
  readonly inFlight: number;
}

export class LeastTime {
  readonly #endpoints: readonly Timed[];
  readonly #weights: readonly number[];
  /** Decides between equals. */
  readonly #turns: SmoothWeighted;
  readonly #equals: Uint8Array;

  constructor(
    endpoints: readonly Timed[],
    weights: readonly number[],
    phases: readonly (number | undefined)[] | undefined,
  ) {
    this.#endpoints = endpoints;
    this.#weights = weights;
    this.#turns = new SmoothWeighted(weights, phases);
    this.#equals = new Uint8Array(endpoints.length);
  }

  /** The least of average × (1 + under way) / weight; what was never measured counts as 0 and comes first. */
  next(flags: Uint8Array): number {
    const equals = this.#equals;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    let many = false;
    for (let i = 0; i < flags.length; i++) {
      equals[i] = 0;
      if (flags[i] !== 1) continue;
      const { averageMs, inFlight } = this.#endpoints[i] as Timed;
      const score = (averageMs * (1 + inFlight)) / (this.#weights[i] as number);
      if (score > least) continue;
      if (score < least) {
        equals.fill(0, 0, i);
        least = score;
        best = i;
        many = false;
      } else many = true;
      equals[i] = 1;
    }
    return many ? this.#turns.next(equals) : best;
  }

  phase(index: number): number {
    return this.#turns.phase(index);
  }
}
