/** The `mirroring` service: one service answers, others get copies that never delay or fail a request. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MirroringModel, MirrorModel } from '../model/service/models.ts';
import { hash01 } from './balance/hash.ts';
import { hashKeyText } from './balance/hash-key.ts';
import { type DropReason, MirrorCopy, type MirrorMemory } from './mirror-copy.ts';
import { Measure } from './mirror-measure.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retry-policy.ts';
import type { Guard, Pick, Picked, Service } from './service.ts';

/** One mirror, with its counters. */
export class Mirror {
  readonly model: MirrorModel;
  readonly service: Service;
  /** Copies under way, those of the generation before too. */
  readonly flight: { copies: number };
  /** Copies begun. */
  sent = 0;
  readonly drops: Partial<Record<DropReason, number>> = {};
  readonly measure: Measure;
  /** Requests that could have been copied, and those of them that were meant to be. */
  #seen = 0;
  #chosen = 0;
  readonly #methods: ReadonlySet<string> | undefined;

  constructor(model: MirrorModel, service: Service, previous: Mirror | undefined) {
    this.model = model;
    this.service = service;
    this.measure = previous?.measure ?? new Measure();
    this.flight = previous?.flight ?? { copies: 0 };
    this.#methods = model.methods && new Set(model.methods);
    if (previous === undefined) return;
    this.sent = previous.sent;
    this.drops = previous.drops;
    this.#seen = previous.#seen;
    this.#chosen = previous.#chosen;
  }

  dropped(reason: DropReason): void {
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
  }

  /** Whether this request is one of its share: every n-th, or always the same clients. */
  wants(exchange: Exchange): boolean {
    const { percent, hashOn } = this.model;
    const { request } = exchange;
    if (percent === 0 || this.#methods?.has(request.method) === false) return false;
    if (hashOn !== undefined) return hash01(hashKeyText(hashOn, request), this.model.key) * 100 < percent;
    // Counters that only grow would lose their precision: a round is a hundred.
    if (this.#seen === 100) {
      this.#seen = 0;
      this.#chosen = 0;
    }
    this.#seen++;
    if (this.#chosen * 100 >= this.#seen * percent) return false;
    this.#chosen++;
    return true;
  }
}

/** What mirrors need of the process they run in. */
export interface MirrorContext {
  readonly clock: Clock;
  readonly mirrorMemory: MirrorMemory;
  /** Forwards `exchange` by `service`. */
  forward(exchange: Exchange, service: Service, policy: RetryPolicy): void;
}

/** Copies are not tried again: requests would pay for that, out of the budget for their own attempts. */
const once: RetryPolicy = { ...defaultRetryPolicy, attempts: 1 };

export class Mirroring implements Service, Guard {
  readonly name: Service['name'];
  readonly mirrors: readonly Mirror[];
  /** Of the service that answers, to compare with. */
  readonly measure: Measure;
  readonly #model: MirroringModel;
  readonly #main: Service;

  constructor(
    model: MirroringModel,
    main: Service,
    mirrors: readonly Service[],
    previous: Mirroring | undefined,
  ) {
    this.name = model.name;
    this.#model = model;
    this.#main = main;
    this.measure = previous?.measure ?? new Measure();
    this.mirrors = model.mirrors.map((mirror, i) => {
      const before = previous?.mirrors.find((each) => each.model.key === mirror.key);
      return new Mirror(mirror, mirrors[i] as Service, before);
    });
  }

  get available(): boolean {
    return this.#main.available;
  }

  get refusal(): Service['refusal'] {
    return this.#main.refusal;
  }

  pick(pick: Pick): Picked | undefined {
    const picked = this.#main.pick(pick);
    if (picked === undefined) return undefined;
    if (pick.guards === undefined) pick.guards = [this];
    else pick.guards.push(this);
    // Copied once, however often it is sent.
    if (pick.mirrored?.includes(this) !== true) {
      if (pick.mirroring === undefined) pick.mirroring = [this];
      else pick.mirroring.push(this);
    }
    return picked;
  }

  onAvailability(listener: () => void): void {
    this.#main.onAvailability(listener);
  }

  ended(status: number, ms: number): void {
    this.measure.answered(status, ms);
  }

  /** Sends the copies of this request that are due, and adds them to `copies`: they want its body too. */
  copy(exchange: Exchange, context: MirrorContext, copies: MirrorCopy[]): void {
    const { maxInFlight, maxBodyBytes, timeoutMs, mirrorBody } = this.#model;
    const tooLarge = mirrorBody && maxBodyBytes !== undefined && exchange.bodyLength > maxBodyBytes;
    for (const mirror of this.mirrors) {
      if (!mirror.wants(exchange)) continue;
      if (mirror.flight.copies >= maxInFlight) {
        mirror.dropped('busy');
        continue;
      }
      if (tooLarge) {
        mirror.dropped('body-too-large');
        continue;
      }
      const copy = new MirrorCopy(mirror, exchange, {
        memory: context.mirrorMemory,
        clock: context.clock,
        maxBodyBytes,
        timeoutMs,
        body: mirrorBody,
      });
      copies.push(copy);
      context.forward(copy.exchange, mirror.service, once);
    }
  }
}
