/** Which routers lead to which services and middlewares, directly and through other services. */
import type { Model, RouterModel, ServiceModel } from '../../model/model.ts';
import { showName } from '../../model/resolution.ts';

/** Names of routers by the `name@provider` of what they use; sorted. */
export interface Usage {
  readonly services: ReadonlyMap<string, readonly string[]>;
  readonly middlewares: ReadonlyMap<string, readonly string[]>;
}

export function usageOf(model: Model): Usage {
  const services = new Map<string, Set<string>>();
  const middlewares = new Map<string, Set<string>>();
  const reached = new Reached(model);
  for (const router of model.routers) {
    const name = showName(router.name);
    const below = router.service < 0 ? undefined : reached.from(router.service);
    for (const service of below?.services ?? []) add(services, service, name);
    for (const middleware of [...middlewaresOf(model, router), ...(below?.middlewares ?? [])]) {
      add(middlewares, middleware, name);
    }
  }
  return { services: sorted(services), middlewares: sorted(middlewares) };
}

function middlewaresOf(model: Model, router: RouterModel): string[] {
  return router.middlewares.map((index) => showName(model.middlewares[index]!.name));
}

interface Names {
  readonly services: ReadonlySet<string>;
  readonly middlewares: ReadonlySet<string>;
}

/** What can be reached from a service, itself included; each found out once. */
class Reached {
  readonly #model: Model;
  readonly #known = new Map<number, Names>();

  constructor(model: Model) {
    this.#model = model;
  }

  from(index: number): Names {
    const known = this.#known.get(index);
    if (known !== undefined) return known;
    const service = this.#model.services[index]!;
    const services = new Set([showName(service.name)]);
    const own = service.kind === 'passing' ? service.middlewares : [];
    const middlewares = new Set(own.map((each) => showName(this.#model.middlewares[each]!.name)));
    const names = { services, middlewares };
    // Before its members: services never lead back to themselves, but this must end even so.
    this.#known.set(index, names);
    for (const member of membersOf(service)) {
      const below = this.from(member);
      for (const each of below.services) services.add(each);
      for (const each of below.middlewares) middlewares.add(each);
    }
    return names;
  }
}

/** Indexes of the services that a service sends requests to. */
function membersOf(service: ServiceModel): readonly number[] {
  switch (service.kind) {
    case 'weighted':
    case 'highestRandomWeight':
      return service.legs.map((leg) => leg.service);
    case 'mirroring':
      return [service.service, ...service.mirrors.map((mirror) => mirror.service)];
    case 'failover':
      return [service.service, service.fallback];
    case 'passing':
      return [service.service];
    default:
      return [];
  }
}

function add(to: Map<string, Set<string>>, key: string, name: string): void {
  const names = to.get(key);
  if (names === undefined) to.set(key, new Set([name]));
  else names.add(name);
}

function sorted(from: ReadonlyMap<string, ReadonlySet<string>>): Usage['services'] {
  return new Map([...from].map(([key, names]) => [key, [...names].sort()]));
}
