/** The `weighted` service: legs with weights and modes, over any services. An aggregated service is one of these. */
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import type { LegModel, QName, WeightedModel } from '../model/model.ts';
import type { Pick, Picked, Service } from './service.ts';
import { SmoothWeighted } from './smooth-weighted.ts';
import { stickyLegs } from './sticky/make-sticky.ts';
import { keepsSessions } from './sticky/sessions.ts';
import type { Sticky } from './sticky/sticky.ts';

/** A leg's place in the service, with its counters. */
export class Leg {
  readonly key: string;
  readonly service: Service;
  weight: number;
  mode: LegModel['mode'];
  /** While it drains, its sessions stay until then: wall-clock milliseconds; undefined: as long as it drains. */
  sessionsUntil: number | undefined;
  requests = 0;
  failures = 0;

  constructor(model: LegModel, service: Service) {
    this.key = model.key;
    this.service = service;
    this.weight = model.weight;
    this.mode = model.mode;
    this.sessionsUntil = model.sessionsUntil;
  }
}

export class Weighted implements Service {
  readonly name: QName;
  readonly refusal = 'service.no-endpoint';
  readonly legs: readonly Leg[];
  available = false;
  readonly #active: SmoothWeighted;
  /** For legs that are picked in place of another one: nobody's turn is lost by that. */
  readonly #spare: SmoothWeighted;
  readonly #standby: SmoothWeighted;
  /** Legs that take their weight now, and standby legs that could: 1 or 0 by index. */
  readonly #activeFlags: Uint8Array;
  readonly #standbyFlags: Uint8Array;
  readonly #sticky: Sticky | undefined;
  readonly #clock: Clock;
  #listeners: (() => void)[] = [];

  constructor(
    model: WeightedModel,
    legs: readonly Leg[],
    previous: Weighted | undefined,
    clock: Clock = systemClock,
  ) {
    this.name = model.name;
    this.legs = legs;
    this.#sticky = stickyLegs(model.sticky, legs);
    this.#clock = clock;
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
    this.#spare = new SmoothWeighted(legs.map((leg) => leg.weight));
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
  setLegs(changes: readonly Omit<LegModel, 'service'>[]): void {
    for (const change of changes) {
      const leg = this.legs.find((candidate) => candidate.key === change.key);
      if (leg === undefined) continue;
      leg.weight = change.weight;
      leg.mode = change.mode;
      leg.sessionsUntil = change.sessionsUntil;
    }
    this.#weigh();
  }

  onAvailability(listener: () => void): void {
    this.#listeners.push(listener);
  }

  pick(pick: Pick): Picked | undefined {
    const cookie = this.#sticky?.read(pick);
    if (cookie !== undefined) {
      const picked = this.#sessionOf(pick, cookie);
      if (picked !== undefined) return picked;
    }
    if (pick.tried === undefined) {
      const at = this.#active.next(this.#activeFlags);
      if (at >= 0) {
        const { service } = this.#legAt(at);
        const admitted = service.admits?.() === false ? this.#insteadOf(at) : at;
        const picked = this.#legAt(admitted).service.pick(pick);
        if (picked !== undefined) return this.#chosen(pick, admitted, picked, cookie);
      }
    }
    return this.#search(pick, cookie);
  }

  /** An active leg for a request that leg `at` is not to take yet; `at` when there is no other. */
  #insteadOf(at: number): number {
    const flags = Uint8Array.from(this.#activeFlags);
    flags[at] = 0;
    let other = this.#spare.next(flags);
    while (other >= 0 && this.#legAt(other).service.admits?.() === false) {
      flags[other] = 0;
      other = this.#spare.next(flags);
    }
    return other < 0 ? at : other;
  }

  /** Where the session is that `cookie` names, if it stays there. */
  #sessionOf(pick: Pick, cookie: string): Picked | undefined {
    const at = (this.#sticky as Sticky).choice(cookie);
    if (at < 0) return undefined;
    const leg = this.#legAt(at);
    if (!keepsSessions(leg, this.#clock.now(), !this.#activeFlags.includes(1))) return undefined;
    const picked = leg.service.pick(pick);
    return picked === undefined ? undefined : this.#chosen(pick, at, picked, cookie);
  }

  /** Not the fast path: something is down or was tried already. Active legs first, then standby, then ejected ones. */
  #search(pick: Pick, cookie: string | undefined): Picked | undefined {
    for (const [balancer, flags] of [
      [this.#spare, Uint8Array.from(this.#activeFlags)],
      [this.#standby, Uint8Array.from(this.#standbyFlags)],
    ] as const) {
      for (let at = balancer.next(flags); at >= 0; at = balancer.next(flags)) {
        const picked = this.#legAt(at).service.pick(pick);
        if (picked !== undefined) return this.#chosen(pick, at, picked, cookie);
        flags[at] = 0;
      }
    }
    for (const [at, leg] of this.legs.entries()) {
      if (leg.mode !== 'active' || leg.weight === 0) continue;
      const picked = leg.service.pick(pick);
      if (picked !== undefined) return this.#chosen(pick, at, picked, cookie);
    }
    return undefined;
  }

  /** Counts where the request goes; the innermost leg is the one its outcome is counted for. */
  #chosen(pick: Pick, at: number, picked: Picked, cookie: string | undefined): Picked {
    const leg = this.#legAt(at);
    leg.requests++;
    pick.leg ??= leg;
    this.#sticky?.keep(pick, at, cookie);
    return picked;
  }

  #legAt(at: number): Leg {
    return this.legs[at] as Leg;
  }

  #weigh(): void {
    this.legs.forEach((leg, i) => {
      this.#active.setWeight(i, leg.weight);
      this.#spare.setWeight(i, leg.weight);
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
