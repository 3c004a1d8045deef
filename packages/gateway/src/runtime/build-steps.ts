/** The middlewares of routers and services, built once for each; those that have not changed go on as they are. */
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Limits } from '../limits/limits.ts';
import { compileMiddleware } from '../middleware/index.ts';
import type { Middleware, MiddlewareContext } from '../middleware/middleware.ts';
import type { Model, QName } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { Service } from '../service/service.ts';
import type { DataPlaneLog } from './data-plane.ts';
import type { Kept } from './kept.ts';

/** What middlewares get from the engine. */
export interface StepsHost {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly limits: Limits;
  readonly log: DataPlaneLog;
  /** Sends an exchange of the gateway's own. */
  send(exchange: Exchange, service: Service): void;
}

interface Built {
  readonly steps: readonly Middleware[];
  /** What they keep through reloads, and the services they go to by themselves. */
  readonly keys: readonly string[];
  readonly services: readonly (readonly [index: number, service: Service])[];
}

/** In place of middlewares of which one can't be built (a login, say): without it nothing may pass. */
const disabled: readonly Middleware[] = [
  { request: () => ({ code: 'service.unavailable', detail: 'a middleware cannot be built' }) },
];

/** One for all, so that it can be seen to be the same. */
const none: readonly Middleware[] = [];

/** A router, or a service with middlewares. */
interface Owner {
  readonly name: QName;
  readonly middlewares: readonly number[];
}

export class StepsBuilder {
  readonly #model: Model;
  readonly #host: StepsHost;
  readonly #kept: Kept;
  #service: ((index: number) => Service) | undefined;
  #previous: StepsBuilder | undefined;
  /** By the router or service they belong to: the same object means that it has not changed. */
  readonly #built = new Map<Owner, Built>();

  /** `service`: the built one of this index. `settle` must follow, or every builder there ever was stays in memory. */
  constructor(
    model: Model,
    host: StepsHost,
    kept: Kept,
    service: (index: number) => Service,
    previous: StepsBuilder | undefined,
  ) {
    this.#model = model;
    this.#host = host;
    this.#kept = kept;
    this.#service = service;
    this.#previous = previous;
  }

  build(kind: 'router' | 'service', owner: Owner): readonly Middleware[] {
    if (owner.middlewares.length === 0) return none;
    const built = this.#unchanged(owner) ?? this.#make(kind, owner);
    this.#built.set(owner, built);
    return built.steps;
  }

  /** All is built: lets go of what was only needed for that, and of the generation before. */
  settle(): void {
    this.#previous = undefined;
    this.#service = undefined;
  }

  #unchanged(owner: Owner): Built | undefined {
    const previous = this.#previous;
    const built = this.#service as (index: number) => Service;
    if (previous === undefined) return undefined;
    const before = previous.#built.get(owner);
    if (before === undefined) return undefined;
    for (const index of owner.middlewares)
      if (this.#model.middlewares[index] !== previous.#model.middlewares[index]) return undefined;
    for (const [index, service] of before.services) if (built(index) !== service) return undefined;
    for (const key of before.keys) this.#kept.carry(key);
    return before;
  }

  #make(kind: string, owner: Owner): Built {
    const service = this.#service as (index: number) => Service;
    const given = new Given(JSON.stringify([kind, ...owner.name]), this.#host, this.#kept, service);
    const { keys, services } = given;
    try {
      const steps = owner.middlewares.map((index) =>
        compileMiddleware(this.#model.middlewares[index]!, given),
      );
      return { steps, keys, services };
    } catch (error) {
      if (!(error instanceof FicusError)) throw error;
      this.#host.log('error', 'a middleware cannot be built: what names it answers 503', {
        owner: owner.name.join('@'),
        error: error.message,
      });
      return { steps: disabled, keys, services };
    } finally {
      given.close();
    }
  }
}

/** What the middlewares of one owner are given, and what they took of it. They may outlive the generation. */
class Given implements MiddlewareContext {
  readonly owner: string;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly limits: Limits;
  readonly keys: string[] = [];
  readonly services: [number, Service][] = [];
  readonly #host: StepsHost;
  #kept: Kept | undefined;
  #service: ((index: number) => Service) | undefined;

  constructor(owner: string, host: StepsHost, kept: Kept, service: (index: number) => Service) {
    this.owner = owner;
    this.clock = host.clock;
    this.deadlines = host.deadlines;
    this.limits = host.limits;
    this.#host = host;
    this.#kept = kept;
    this.#service = service;
  }

  kept<T>(key: string, make: () => T): T {
    this.keys.push(key);
    return (this.#kept as Kept).get(key, make);
  }

  service(index: number): Service {
    const service = (this.#service as (index: number) => Service)(index);
    this.services.push([index, service]);
    return service;
  }

  send(exchange: Exchange, service: Service): void {
    this.#host.send(exchange, service);
  }

  /** All is built: lets go of the generation. */
  close(): void {
    this.#kept = undefined;
    this.#service = undefined;
  }
}
