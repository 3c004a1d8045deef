/** What was built from one model and is serving: route tables, services, endpoints. State is carried over by name. */
import { severalTlsHosts, type TlsHosts } from '../entrypoint/tls-hosts.ts';
import type { LoadBalancerModel, Model, QName, RouterModel } from '../model/model.ts';
import { buildRouteTable, type RouteTable } from '../router/route-table.ts';
import { carryEndpoint } from '../service/carry-endpoint.ts';
import type { Endpoint, FailureReporter } from '../service/endpoint.ts';
import { LoadBalancer } from '../service/load-balancer.ts';
import type { Registry } from '../service/registry.ts';
import { BrokenService } from '../service/service.ts';
import type { Transport } from '../service/transport.ts';
import { emptySets, ServiceBuilder, type ServiceSets } from './build-services.ts';
import { StepsBuilder, type StepsHost } from './build-steps.ts';
import { Kept } from './kept.ts';
import { type Dispatch, Route } from './route.ts';

export interface EntryTables {
  readonly routes: RouteTable<Route>;
  /** Uplink entrypoints: by exposed name. */
  readonly uplinks: ReadonlyMap<string, RouteTable<Route>>;
  /** Undefined where all connections are made with the same TLS options. */
  readonly tlsHosts: TlsHosts | undefined;
}

/** What generations need of the engine they serve in. */
export interface GenerationHost extends Dispatch, StepsHost {
  readonly registry: Registry;
  readonly report: FailureReporter;
}

export class Generation {
  readonly model: Model;
  readonly entries = new Map<string, EntryTables>();
  readonly services: ServiceSets = emptySets();
  readonly kept: Kept;
  readonly #transports: readonly Transport[];
  readonly #host: GenerationHost;
  readonly #steps: StepsBuilder;
  /** By model: the same object means that nothing has changed. */
  readonly #routes = new Map<RouterModel, Route>();

  /** Throws, and leaves `previous` serving untouched, when the model can't be built. */
  constructor(model: Model, previous: Generation | undefined, host: GenerationHost) {
    this.model = model;
    this.#host = host;
    this.kept = new Kept(previous?.kept);
    const { registry } = host;
    registry.begin();
    this.#transports = model.transports.map((transport) => registry.transport(transport));
    // Only while it builds: what it is given holds on to the generation before.
    const builder = new ServiceBuilder(model, {
      balancer: (service) => this.#balancer(service, previous),
      keeper: { clock: host.clock, kept: (key, make) => this.kept.get(key, make) },
      sets: this.services,
      previous: previous?.services,
    });
    this.#steps = new StepsBuilder(
      model,
      host,
      this.kept,
      (index) => builder.build(index),
      previous === undefined ? undefined : previous.#steps,
    );
    const routes = model.routers.map((router) => this.#route(router, builder, previous));
    // Their middlewares may lead to more of them.
    for (const { service, model: passing } of builder.passing)
      service.steps = this.#steps.build('service', passing);
    this.#steps.settle();
    this.kept.settle();
    for (const route of routes) route.layer(routes);
    const owned = new Map<string, number[]>(model.entryPoints.map(({ name }) => [name, []]));
    model.routers.forEach((router, i) => {
      for (const name of router.entryPoints) owned.get(name)?.push(i);
    });
    for (const entryPoint of model.entryPoints) {
      const uplinks = new Map(
        (entryPoint.uplink?.tables ?? []).map(
          ([name, indexes]) => [name, table(routes, indexes, true)] as const,
        ),
      );
      const before = previous?.entries.get(entryPoint.name)?.routes;
      const own = table(routes, owned.get(entryPoint.name) ?? [], false, before);
      const tlsHosts = severalTlsHosts(entryPoint, model);
      this.entries.set(entryPoint.name, { routes: own, uplinks, tlsHosts });
    }
  }

  /** Takes over from `previous`: from here on endpoints tell this generation of their health. Nothing here can fail. */
  commit(previous: Generation | undefined): void {
    for (const balancer of this.services.balancers.values()) balancer.takeOver();
    this.#host.registry.commit(this.model.transports);
    if (previous === undefined) return;
    for (const before of previous.services.balancers.values()) {
      const now = this.services.balancers.get(before.name);
      if (now === before) continue;
      for (const endpoint of before.endpoints)
        if (now?.endpoints.includes(endpoint) !== true) endpoint.dispose();
    }
  }

  /** Replaces the endpoints of one service in place. */
  setEndpoints(service: QName, models: LoadBalancerModel['endpoints']): void {
    const balancer = this.services.balancers.get(service);
    if (balancer === undefined) return;
    const { registry } = this.#host;
    const before = balancer.endpoints;
    const transport = this.#transports[balancer.model.transport]!;
    const endpoints = models.map((model) => {
      const pool = registry.runningPool(transport, model);
      return carryEndpoint(balancer.model, model, pool, before, this.#host);
    });
    balancer.setEndpoints(endpoints, models);
    balancer.departed();
    balancer.attach();
    const used = new Set([...this.endpoints()].map((endpoint) => endpoint.pool));
    for (const endpoint of before) {
      if (balancer.endpoints.includes(endpoint)) continue;
      endpoint.dispose();
      if (!used.has(endpoint.pool)) registry.unused(endpoint.pool);
    }
  }

  *endpoints(): Iterable<Endpoint> {
    for (const balancer of this.services.balancers.values()) yield* balancer.endpoints;
  }

  /** The running one where all of it is as it was. */
  #route(router: RouterModel, builder: ServiceBuilder, previous: Generation | undefined): Route {
    const steps = this.#steps.build('router', router);
    const before = previous === undefined ? undefined : previous.#routes.get(router);
    const service = router.service < 0 ? new BrokenService(router.name) : builder.build(router.service);
    const same = before !== undefined && before.service === service && before.steps === steps;
    const route = same && !before.layered ? before : new Route(router, service, steps, this.#host);
    this.#routes.set(router, route);
    return route;
  }

  #balancer(model: LoadBalancerModel, previous: Generation | undefined): LoadBalancer {
    const before = previous?.services.balancers.get(model.name);
    const { registry } = this.#host;
    const transport = this.#transports[model.transport]!;
    if (before?.goesOnAs(model, transport) === true) {
      for (const endpoint of before.endpoints) registry.keep(endpoint.pool);
      this.services.balancers.set(model.name, before);
      return before;
    }
    const endpoints = model.endpoints.map((endpoint) => {
      const pool = registry.pool(transport, endpoint);
      return carryEndpoint(model, endpoint, pool, before?.endpoints ?? [], this.#host);
    });
    const balancer = new LoadBalancer(model, endpoints, before);
    this.services.balancers.set(model.name, balancer);
    return balancer;
  }
}

function table(
  routes: readonly Route[],
  indexes: readonly number[],
  anyTransport: boolean,
  before?: RouteTable<Route>,
): RouteTable<Route> {
  return buildRouteTable(
    indexes.map((i) => routes[i]!),
    { anyTransport, before },
  );
}
