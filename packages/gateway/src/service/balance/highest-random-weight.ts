/** `hrw`, rendezvous hashing: requests that are alike go to the same choice, and only what a lost one had moves. */
import type { RequestHead } from '../../http/message.ts';
import type { HashKey } from '../../model/service/models.ts';
import { hash01 } from './hash.ts';
import { hashKeyText } from './hash-key.ts';

export class HighestRandomWeight {
  readonly #names: readonly string[];
  readonly #weights: readonly number[];
  readonly #hashOn: HashKey;

  /** `names` and `weights` of the choices, one each. */
  constructor(names: readonly string[], weights: readonly number[], hashOn: HashKey) {
    this.#names = names;
    this.#weights = weights;
    this.#hashOn = hashOn;
  }

  /** Index of the choice with the highest score of those whose flag is 1 and whose weight is above 0; else -1. */
  next(flags: Uint8Array, request: RequestHead): number {
    const key = hashKeyText(this.#hashOn, request);
    let best = -1;
    let highest = 0;
    for (let i = 0; i < flags.length; i++) {
      if (flags[i] !== 1) continue;
      const score = (this.#weights[i] as number) / -Math.log(hash01(key, this.#names[i] as string));
      if (score <= highest) continue;
      best = i;
      highest = score;
    }
    return best;
  }
}
