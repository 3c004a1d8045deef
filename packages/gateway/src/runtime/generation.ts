/** What was built from one model and is serving: route tables, services, endpoints. State is carried over by name. */

import { compileMiddleware } from '../middleware/index.ts';
import { compileStack, type MiddlewareStack } from '../middleware/middleware.ts';
import type {
  EndpointModel,
  LoadBalancerModel,
  Matcher,
  Model,
  QName,
  ServiceModel,
} from '../model/model.ts';
import { buildRouteTable, type RouteTable } from '../router/route-table.ts';
import { Endpoint, type FailureReporter } from '../service/endpoint.ts';
import { LoadBalancer } from '../service/load-balancer.ts';
import type { Pool } from '../service/pool.ts';
import type { Registry } from '../service/registry.ts';
import { BrokenService, type Service } from '../service/service.ts';
import type { Transport } from '../service/transport.ts';
import { Leg, Weighted } from '../service/weighted.ts';
import { ByName } from './names.ts';

/** Where a matched request goes. */
export interface Route {
  readonly name: QName;
  readonly service: Service;
  readonly stack: MiddlewareStack | undefined;
  readonly matcher: Matcher;
  readonly priority: number;
  readonly tls: boolean;
}

export interface EntryTables {
  readonly routes: RouteTable<Route>;
  /** Uplink entrypoints: by exposed name. */
  readonly uplinks: ReadonlyMap<string, RouteTable<Route>>;
}

export class Generation {
  readonly model: Model;
  readonly entries = new Map<string, EntryTables>();
  readonly balancers = new ByName<LoadBalancer>();
  readonly weighted = new ByName<Weighted>();
  readonly #transports: readonly Transport[];
  readonly #registry: Registry;
  readonly #report: FailureReporter;

  /** Throws, and leaves `previous` serving untouched, when the model can't be built. */
  constructor(model: Model, previous: Generation | undefined, registry: Registry, report: FailureReporter) {
    this.model = model;
    this.#registry = registry;
    this.#report = report;
    registry.begin();
    this.#transports = model.transports.map((transport) => registry.transport(transport));
    const services = new ServiceBuilder(
      model,
      (service) => this.#balancer(service, previous),
      (weighted) => this.weighted.set(weighted.name, weighted),
      previous,
    );
    const routes = model.routers.map((router): Route => {
      const middlewares = router.middlewares.map((index) => model.middlewares[index]!);
      return {
        name: router.name,
        service: services.build(router.service),
        stack: middlewares.length === 0 ? undefined : compileStack(middlewares.map(compileMiddleware)),
        matcher: router.matcher,
        priority: router.priority,
        tls: router.tls,
      };
    });
    const table = (indexes: readonly number[], anyTransport: boolean) =>
      buildRouteTable(
        indexes.map((i) => routes[i]!),
        { anyTransport },
      );
    for (const entryPoint of model.entryPoints) {
      const own = model.routers.flatMap((router, i) =>
        router.entryPoints.includes(entryPoint.name) ? [i] : [],
      );
      const uplinks = new Map(
        (entryPoint.uplink?.tables ?? []).map(([name, indexes]) => [name, table(indexes, true)] as const),
      );
      this.entries.set(entryPoint.name, { routes: table(own, entryPoint.tls), uplinks });
    }
  }

  /** Takes over from `previous`: from here on endpoints tell this generation of their health. Nothing here can fail. */
  commit(previous: Generation | undefined): void {
    for (const balancer of this.balancers.values()) balancer.attach();
    this.#registry.commit(this.model.transports);
    if (previous === undefined) return;
    const kept = new Set(this.endpoints());
    for (const endpoint of previous.endpoints()) if (!kept.has(endpoint)) endpoint.dispose();
  }

  /** Replaces the endpoints of one service in place. */
  setEndpoints(service: QName, models: LoadBalancerModel['endpoints']): void {
    const balancer = this.balancers.get(service);
    if (balancer === undefined) return;
    const before = balancer.endpoints;
    const transport = this.#transports[balancer.model.transport]!;
    const endpoints = models.map((model) => {
      const pool = this.#registry.runningPool(transport, model);
      return this.#endpoint(balancer.model, model, pool, before);
    });
    balancer.setEndpoints(endpoints, models);
    balancer.attach();
    const used = new Set([...this.endpoints()].map((endpoint) => endpoint.pool));
    for (const endpoint of before) {
      if (balancer.endpoints.includes(endpoint)) continue;
      endpoint.dispose();
      if (!used.has(endpoint.pool)) this.#registry.unused(endpoint.pool);
    }
  }

  *endpoints(): Iterable<Endpoint> {
    for (const balancer of this.balancers.values()) yield* balancer.endpoints;
  }

  #balancer(model: LoadBalancerModel, previous: Generation | undefined): LoadBalancer {
    const before = previous?.balancers.get(model.name);
    const transport = this.#transports[model.transport]!;
    const endpoints = model.endpoints.map((endpoint) => {
      const pool = this.#registry.pool(transport, endpoint);
      return this.#endpoint(model, endpoint, pool, before?.endpoints ?? []);
    });
    const balancer = new LoadBalancer(model, endpoints, before);
    this.balancers.set(model.name, balancer);
    return balancer;
  }

  /** The endpoint of the running generation when its pool is the same, else a new one with the health of its address. */
  #endpoint(
    service: LoadBalancerModel,
    model: EndpointModel,
    pool: Pool,
    before: readonly Endpoint[],
  ): Endpoint {
    const same = before.find((endpoint) => endpoint.pool === pool);
    if (same !== undefined) return same;
    const endpoint = new Endpoint(service.name, model, pool, this.#report);
    const known = before.find(
      ({ pool: { address } }) => address.host === model.host && address.port === model.port,
    );
    if (known !== undefined) endpoint.succeed(known);
    else if (service.healthCheck?.initialState === 'down') endpoint.beginDown();
    return endpoint;
  }
}

/** Builds each service once, however many refer to it. */
class ServiceBuilder {
  readonly #model: Model;
  readonly #built: (Service | undefined)[];
  readonly #balancer: (model: LoadBalancerModel) => LoadBalancer;
  readonly #onWeighted: (weighted: Weighted) => void;
  readonly #previous: Generation | undefined;

  constructor(
    model: Model,
    balancer: (model: LoadBalancerModel) => LoadBalancer,
    onWeighted: (weighted: Weighted) => void,
    previous: Generation | undefined,
  ) {
    this.#model = model;
    this.#built = new Array(model.services.length);
    this.#balancer = balancer;
    this.#onWeighted = onWeighted;
    this.#previous = previous;
  }

  build(index: number): Service {
    const built = this.#built[index];
    if (built !== undefined) return built;
    const service = this.#make(this.#model.services[index]!);
    this.#built[index] = service;
    return service;
  }

  #make(model: ServiceModel): Service {
    if (model.kind === 'broken') return new BrokenService(model.name);
    if (model.kind === 'loadBalancer') return this.#balancer(model);
    const legs = model.legs.map((leg) => new Leg(leg, this.build(leg.service)));
    const weighted = new Weighted(model.name, legs, this.#previous?.weighted.get(model.name));
    this.#onWeighted(weighted);
    return weighted;
  }
}
