/** Services of a model made into services that serve, each once however many refer to it. */
import { loader } from '@ficus/common/load.ts';
import type { CircuitBreakerSettings } from '../model/middleware/circuit-breaker.ts';
import type { LoadBalancerModel, Model, ServiceModel } from '../model/model.ts';
import type { PassingModel } from '../model/service/models.ts';
import type { Keeper } from '../service/circuit/keep.ts';
import type { LoadBalancer } from '../service/load-balancer.ts';
import type { Mirroring } from '../service/mirroring.ts';
import { Passing } from '../service/passing.ts';
import { BrokenService, type Service } from '../service/service.ts';
import { Leg, Weighted } from '../service/weighted.ts';
import { ByName } from './names.ts';

const load = loader(import.meta.url);

/** Services with state of their own, by name. */
export interface ServiceSets {
  readonly balancers: ByName<LoadBalancer>;
  readonly weighted: ByName<Weighted>;
  readonly mirroring: ByName<Mirroring>;
}

export function emptySets(): ServiceSets {
  return { balancers: new ByName(), weighted: new ByName(), mirroring: new ByName() };
}

export class ServiceBuilder {
  /** Services behind middlewares, which are built when all services are there. */
  readonly passing: { readonly service: Passing; readonly model: PassingModel }[] = [];
  readonly #model: Model;
  readonly #built: (Service | undefined)[];
  readonly #balancer: (model: LoadBalancerModel) => LoadBalancer;
  readonly #keeper: Keeper;
  readonly #sets: ServiceSets;
  readonly #previous: ServiceSets | undefined;

  constructor(
    model: Model,
    options: {
      readonly balancer: (model: LoadBalancerModel) => LoadBalancer;
      readonly keeper: Keeper;
      readonly sets: ServiceSets;
      readonly previous: ServiceSets | undefined;
    },
  ) {
    this.#model = model;
    this.#built = new Array(model.services.length);
    this.#balancer = options.balancer;
    this.#keeper = options.keeper;
    this.#sets = options.sets;
    this.#previous = options.previous;
  }

  build(index: number): Service {
    const built = this.#built[index];
    if (built !== undefined) return built;
    const service = this.#make(this.#model.services[index]!);
    this.#built[index] = service;
    return service;
  }

  #make(model: ServiceModel): Service {
    switch (model.kind) {
      case 'broken':
        return new BrokenService(model.name);
      case 'loadBalancer':
        return this.#balancer(model);
      case 'weighted':
        return this.#weighted(model);
      case 'highestRandomWeight':
        return new (load<typeof import('../service/highest-random-weight.ts')>(
          '../service/highest-random-weight',
        ).HighestRandomWeight)(
          model,
          model.legs.map((leg) => this.build(leg.service)),
        );
      case 'mirroring': {
        const mirrors = model.mirrors.map((mirror) => this.build(mirror.service));
        const previous = this.#previous?.mirroring.get(model.name);
        const { Mirroring } = load<typeof import('../service/mirroring.ts')>('../service/mirroring');
        const mirroring = new Mirroring(model, this.build(model.service), mirrors, previous);
        this.#sets.mirroring.set(model.name, mirroring);
        return mirroring;
      }
      case 'failover':
        return new (load<typeof import('../service/failover.ts')>('../service/failover').Failover)(
          model,
          this.build(model.service),
          this.build(model.fallback),
        );
      case 'passing': {
        const service = new Passing(model.name, this.build(model.service));
        this.passing.push({ service, model });
        const owner = JSON.stringify(['service', ...model.name]);
        return this.#behind(model.circuitBreakers, service, owner);
      }
    }
  }

  #behind(settings: readonly CircuitBreakerSettings[], service: Service, owner: string): Service {
    if (settings.length === 0) return service;
    const { behindBreakers } = load<typeof import('../service/circuit/keep.ts')>('../service/circuit/keep');
    return behindBreakers(this.#keeper, service, owner, settings);
  }

  #weighted(model: Extract<ServiceModel, { kind: 'weighted' }>): Weighted {
    const settings = model.circuitBreaker === undefined ? [] : [model.circuitBreaker];
    const legs = model.legs.map((leg) => {
      const owner = JSON.stringify(['leg', ...model.name, leg.key]);
      return new Leg(leg, this.#behind(settings, this.build(leg.service), owner));
    });
    const weighted = new Weighted(model, legs, this.#previous?.weighted.get(model.name), this.#keeper.clock);
    this.#sets.weighted.set(model.name, weighted);
    return weighted;
  }
}
