/** The `failover` service: a second service in place of one that is down, or whose answers are no good. */
import type { FailoverModel } from '../model/service/models.ts';
import type { Pick, Picked, Rescue, Service } from './service.ts';

export class Failover implements Service {
  readonly name: Service['name'];
  readonly refusal = 'service.no-endpoint';
  available: boolean;
  readonly #main: Service;
  readonly #fallback: Service;
  readonly #rescue: Rescue | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(model: FailoverModel, main: Service, fallback: Service) {
    this.name = model.name;
    this.#main = main;
    this.#fallback = fallback;
    const { errors } = model;
    this.#rescue = errors && {
      fallback,
      statuses: errors.statuses,
      maxBodyBytes: errors.maxBodyBytes,
      nonIdempotent: errors.replayNonIdempotent,
    };
    this.available = main.available || fallback.available;
    for (const service of [main, fallback]) service.onAvailability(() => this.#refresh());
  }

  /** Which of the two answers now. */
  get active(): 'service' | 'fallback' {
    return this.#main.available || !this.#fallback.available ? 'service' : 'fallback';
  }

  pick(pick: Pick): Picked | undefined {
    if (this.active === 'service') {
      const rescues = pick.rescues?.length ?? 0;
      if (this.#rescue !== undefined) {
        if (pick.rescues === undefined) pick.rescues = [this.#rescue];
        else pick.rescues.push(this.#rescue);
      }
      const picked = this.#main.pick(pick);
      if (picked !== undefined) return picked;
      if (pick.rescues !== undefined) pick.rescues.length = rescues;
    }
    // Down, or all of it was tried already.
    return this.#fallback.pick(pick);
  }

  onAvailability(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #refresh(): void {
    const available = this.#main.available || this.#fallback.available;
    if (available === this.available) return;
    this.available = available;
    for (const listener of this.#listeners) listener();
  }
}
