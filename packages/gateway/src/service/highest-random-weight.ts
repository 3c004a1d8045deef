/** The `highestRandomWeight` service: requests that are alike go to the same service, and stay when another one goes. */
import type { HighestRandomWeightModel } from '../model/service/models.ts';
import { HighestRandomWeight as Scores } from './balance/highest-random-weight.ts';
import type { Pick, Picked, Service } from './service.ts';

export class HighestRandomWeight implements Service {
  readonly name: Service['name'];
  readonly refusal = 'service.no-endpoint';
  available = false;
  readonly #services: readonly Service[];
  readonly #weights: readonly number[];
  readonly #scores: Scores;
  /** Services that take requests now: 1 or 0 by index. */
  readonly #flags: Uint8Array;
  readonly #listeners: (() => void)[] = [];

  /** `services`: of the model's legs, in order. */
  constructor(model: HighestRandomWeightModel, services: readonly Service[]) {
    this.name = model.name;
    this.#services = services;
    this.#weights = model.legs.map(({ weight }) => weight);
    this.#scores = new Scores(
      model.legs.map(({ key }) => key),
      this.#weights,
      model.hashOn,
    );
    this.#flags = new Uint8Array(services.length);
    for (const service of services) service.onAvailability(() => this.#refresh());
    this.#refresh();
  }

  pick(pick: Pick): Picked | undefined {
    const at = this.#scores.next(this.#flags, pick.request);
    if (at < 0) return this.#search(pick, new Uint8Array(this.#flags.length).fill(1));
    return this.#services[at]?.pick(pick) ?? this.#search(pick, Uint8Array.from(this.#flags), at);
  }

  onAvailability(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The next best of those in `flags`; `passedOver` had nothing to offer. */
  #search(pick: Pick, flags: Uint8Array, passedOver = -1): Picked | undefined {
    if (passedOver >= 0) flags[passedOver] = 0;
    for (;;) {
      const at = this.#scores.next(flags, pick.request);
      if (at < 0) return undefined;
      const picked = this.#services[at]?.pick(pick);
      if (picked !== undefined) return picked;
      flags[at] = 0;
    }
  }

  #refresh(): void {
    let available = false;
    this.#services.forEach((service, i) => {
      const takes = service.available && (this.#weights[i] as number) > 0;
      this.#flags[i] = takes ? 1 : 0;
      if (takes) available = true;
    });
    if (available === this.available) return;
    this.available = available;
    for (const listener of this.#listeners) listener();
  }
}
