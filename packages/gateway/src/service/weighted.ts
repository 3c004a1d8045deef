/** The `weighted` service: legs with weights and modes, over any services. An aggregated service is one of these. */
import type { LegModel, QName } from '../model/model.ts';
import type { Endpoint } from './endpoint.ts';
import type { Pick, Service } from './service.ts';
import { SmoothWeighted } from './smooth-weighted.ts';

/** A leg's place in the service, with its counters. */
export class Leg {
  readonly key: string;
  readonly service: Service;
  weight: number;
  mode: LegModel['mode'];
  requests = 0;
  failures = 0;

  constructor(model: LegModel, service: Service) {
    this.key = model.key;
    this.service = service;
    this.weight = model.weight;
    this.mode = model.mode;
  }
}

export class Weighted implements Service {
  readonly name: QName;
  readonly refusal = 'service.no-endpoint';
  readonly legs: readonly Leg[];
  available = false;
  readonly #active: SmoothWeighted;
  readonly #standby: SmoothWeighted;
  /** Legs that take their weight now, and standby legs that could: 1 or 0 by index. */
  readonly #activeFlags: Uint8Array;
  readonly #standbyFlags: Uint8Array;
  #listeners: (() => void)[] = [];

  constructor(name: QName, legs: readonly Leg[], previous: Weighted | undefined) {
    this.name = name;
    this.legs = legs;
    this.#activeFlags = new Uint8Array(legs.length);
    this.#standbyFlags = new Uint8Array(legs.length);
    const same =
      previous !== undefined &&
      previous.legs.length === legs.length &&
      legs.every((leg, i) => leg.key === previous.legs[i]?.key);
    this.#active = new SmoothWeighted(
      legs.map((leg) => leg.weight),
      same ? legs.map((_, i) => previous.#active.phase(i)) : undefined,
    );
    this.#standby = new SmoothWeighted(legs.map((leg) => Math.max(1, leg.weight)));
    for (const leg of legs) {
      const before = previous?.legs.find((other) => other.key === leg.key);
      if (before !== undefined) {
        leg.requests = before.requests;
        leg.failures = before.failures;
      }
      leg.service.onAvailability(() => this.#refresh());
    }
    this.#weigh();
  }

  /** New weights and modes, in place, from the next request on. Legs not named keep theirs. */
  setLegs(
    changes: readonly { readonly key: string; readonly weight: number; readonly mode: LegModel['mode'] }[],
  ): void {
    for (const change of changes) {
      const leg = this.legs.find((candidate) => candidate.key === change.key);
      if (leg === undefined) continue;
      leg.weight = change.weight;
      leg.mode = change.mode;
    }
    this.#weigh();
  }

  onAvailability(listener: () => void): void {
    this.#listeners.push(listener);
  }

  pick(pick: Pick): Endpoint | undefined {
    if (pick.tried === undefined) {
      const at = this.#active.next(this.#activeFlags);
      if (at >= 0) {
        const leg = this.legs[at] as Leg;
        const endpoint = leg.service.pick(pick);
        if (endpoint !== undefined) return chosen(pick, leg, endpoint);
      }
    }
    return this.#search(pick);
  }

  /** Not the fast path: something is down or was tried already. Active legs first, then standby, then ejected ones. */
  #search(pick: Pick): Endpoint | undefined {
    for (const [balancer, flags] of [
      [this.#active, Uint8Array.from(this.#activeFlags)],
      [this.#standby, Uint8Array.from(this.#standbyFlags)],
    ] as const) {
      for (let at = balancer.next(flags); at >= 0; at = balancer.next(flags)) {
        const leg = this.legs[at] as Leg;
        const endpoint = leg.service.pick(pick);
        if (endpoint !== undefined && pick.tried?.includes(endpoint) !== true)
          return chosen(pick, leg, endpoint);
        flags[at] = 0;
      }
    }
    for (const leg of this.legs) {
      if (leg.mode !== 'active' || leg.weight === 0) continue;
      const endpoint = leg.service.pick(pick);
      if (endpoint !== undefined) return chosen(pick, leg, endpoint);
    }
    return undefined;
  }

  #weigh(): void {
    this.legs.forEach((leg, i) => {
      this.#active.setWeight(i, leg.weight);
      this.#standby.setWeight(i, Math.max(1, leg.weight));
    });
    this.#refresh();
  }

  #refresh(): void {
    let available = false;
    this.legs.forEach((leg, i) => {
      const serves = leg.service.available;
      this.#activeFlags[i] = serves && leg.mode === 'active' && leg.weight > 0 ? 1 : 0;
      this.#standbyFlags[i] = serves && leg.mode === 'standby' ? 1 : 0;
      if (this.#activeFlags[i] === 1 || this.#standbyFlags[i] === 1) available = true;
    });
    if (available === this.available) return;
    this.available = available;
    for (const listener of this.#listeners) listener();
  }
}

/** Counts where the request goes; the innermost leg is the one its outcome is counted for. */
function chosen(pick: Pick, leg: Leg, endpoint: Endpoint): Endpoint {
  leg.requests++;
  pick.leg ??= leg;
  return endpoint;
}
