/** Services → models by index, each built when first asked for; what cannot be built stands as a broken one. */
import { nearestName } from '@ficus/common/config/nearest.ts';
import type { ServiceConfig } from '../config/services.ts';
import { circuitBreakerSettings } from './middleware/resolve-circuit-breaker.ts';
import type { BrokenModel, EndpointModel, QName, ServiceModel, TransportModel } from './model.ts';
import { awaitedProvider, keyOf, Names, type Resolution, reference, showName } from './resolution.ts';
import type { DynamicSource, ModelFragment } from './resolve-input.ts';
import type { Found } from './resolve-middlewares.ts';
import type { PassingModel, WeightedModel } from './service/models.ts';
import { rebased } from './service/rebased.ts';
import {
  failoverModel,
  highestRandomWeightModel,
  type Lookup,
  type Missing,
  mirroringModel,
  weightedModel,
} from './service/resolve-composites.ts';
import { loadBalancerModel } from './service/resolve-load-balancer.ts';

/** Services of services, at most. */
const maxDepth = 32;

/** What Traefik serves on entrypoints itself. */
const traefiksOwn = new Set(['api', 'dashboard', 'rest'].map((name) => `${name}@internal`));

interface Declared {
  readonly source: DynamicSource;
  readonly path: readonly string[];
  readonly config: ServiceConfig;
}

type Kind = Exclude<keyof ServiceConfig, 'middlewares'>;

/** What services need of middlewares: those of a service are found when it is built. */
interface MiddlewareLookup {
  readonly models: readonly { readonly kind: string }[];
  find(written: string, provider: string): Found;
}

/** Looks services up by reference, building each when first asked for. */
export class Services {
  readonly models: ServiceModel[] = [];
  /** Set once, before anything is built. */
  middlewares!: MiddlewareLookup;
  readonly #indexes = new Names<number>();
  readonly #declared = new Names<Declared>();
  readonly #lookups = new Map<string, (name: string) => string | undefined>();
  /** Providers whose services come and go, and how a missing one is told. */
  readonly #awaited = new Map([[awaitedProvider, 'no child advertises']]);
  readonly #building: QName[] = [];
  readonly #broken = new Map<string, number>();
  readonly #transports: TransportModel[];
  readonly #transportIndexes: Names<number | undefined>;
  readonly #resolution: Resolution;

  constructor(transports: TransportModel[], indexes: Names<number | undefined>, resolution: Resolution) {
    this.#transports = transports;
    this.#transportIndexes = indexes;
    this.#resolution = resolution;
  }

  /** Adds the services of a fragment whose first transport is at `firstTransport`. */
  addFragment(fragment: ModelFragment, firstTransport: number): void {
    const first = this.models.length;
    for (const service of fragment.services) {
      this.#indexes.add(service.name, this.models.push(rebased(service, first, firstTransport)) - 1);
    }
    if (fragment.lookup !== undefined) this.#lookups.set(fragment.provider, fragment.lookup);
  }

  declare(source: DynamicSource): void {
    if (source.awaited !== undefined) this.#awaited.set(source.provider, source.awaited);
    for (const [name, config] of Object.entries(source.config.http?.services ?? {})) {
      const path = ['http', 'services', name];
      this.#declared.add([name, source.provider], { source, path, config });
    }
  }

  buildAll(): void {
    for (const { name } of this.#declared.entries()) this.#index(name);
  }

  /** The index of the service that `written` names, or why there is none. */
  find(written: string, provider: string): number | { readonly missing: string; readonly pending: boolean } {
    const name = reference(written, provider);
    // Asked by a middleware of a service that is being built: it would send requests round and round.
    const loop = this.#loop(name);
    if (loop !== undefined) return { missing: loop, pending: false };
    const found = this.#index(name);
    if (found !== undefined) return found;
    const other = this.#lookups.get(name[1])?.(name[0]);
    const aliased = other === undefined ? undefined : this.#index([other, name[1]]);
    if (aliased !== undefined) return aliased;
    const awaited = this.#awaited.get(name[1]);
    if (awaited !== undefined)
      return { missing: `${awaited} ${JSON.stringify(written)}${this.#near(name)}`, pending: true };
    if (traefiksOwn.has(showName(name))) {
      const where = "Ficus has its API on the parent's admin socket and at admin.address, and no dashboard";
      return { missing: `no service ${JSON.stringify(written)}: ${where}`, pending: false };
    }
    const known = new Names<unknown>();
    for (const each of [this.#declared, this.#indexes]) {
      for (const entry of each.entries()) known.add(entry.name, undefined);
    }
    return { missing: known.missing('service', written, name), pending: false };
  }

  /** A load balancer with one endpoint that no file names. */
  own(name: QName, endpoint: EndpointModel, transport: TransportModel): number {
    const at = this.#transports.push(transport) - 1;
    const model: ServiceModel = {
      kind: 'loadBalancer',
      name,
      endpoints: [endpoint],
      passHostHeader: false,
      transport: at,
      requestHeaders: [],
      uplink: false,
    };
    return this.models.push(model) - 1;
  }

  /** The nearest name that is advertised now, for a name that is not: it may be a typing mistake, or a child to come. */
  #near([name, provider]: QName): string {
    const known = [...this.#indexes.entries()].filter((entry) => entry.name[1] === provider);
    // The provider's part is alike in all of them and would make any name look near.
    const nearest = nearestName(
      name,
      known.map((entry) => entry.name[0]),
    );
    return nearest === undefined ? '' : `, did you mean ${JSON.stringify(`${nearest}@${provider}`)}?`;
  }

  /** A stand-in that answers 503; one for each name. */
  broken(name: QName, code: string, detail: string): number {
    const key = keyOf(name);
    const index = this.#broken.get(key) ?? this.models.push({ kind: 'broken', name, code, detail }) - 1;
    this.#broken.set(key, index);
    return index;
  }

  /** How `wanted` leads back to a service that is being built; undefined where it does not. */
  #loop(wanted: QName): string | undefined {
    const from = this.#building.findIndex((each) => showName(each) === showName(wanted));
    if (from < 0) return undefined;
    return `leads back to itself: ${[...this.#building.slice(from), wanted].map(showName).join(' → ')}`;
  }

  #index(name: QName): number | undefined {
    const built = this.#indexes.get(name);
    if (built !== undefined) return built;
    const declared = this.#declared.get(name);
    if (declared === undefined) return undefined;
    // Reserved first, so that a service that leads back to itself is seen as such.
    const index = this.models.push({ kind: 'broken', name, code: 'service.disabled', detail: '' }) - 1;
    this.#indexes.add(name, index);
    this.#building.push(name);
    this.models[index] = this.#behind(name, declared, this.#build(name, declared));
    this.#building.pop();
    return index;
  }

  #build(name: QName, declared: Declared): ServiceModel {
    const { source, path, config } = declared;
    if (this.#building.length > maxDepth) {
      const reason = `services of services more than ${maxDepth} deep`;
      return this.#disable(name, reason, { source, path });
    }
    // The schema's check made sure that there is exactly one kind.
    const kind = Object.keys(config).find((each) => each !== 'middlewares') as Kind;
    const built = this.#make(name, config, declared, this.#lookup(name, declared, kind));
    if (!('missing' in built)) return built;
    const { missing, pending } = built;
    return this.#disable(name, missing, { source, path: [...path, kind, ...built.path], pending });
  }

  #make(name: QName, config: ServiceConfig, { source }: Declared, lookup: Lookup): ServiceModel | Missing {
    if (config.weighted !== undefined) {
      const breaker = this.#legBreaker(config.weighted);
      return 'missing' in breaker ? breaker : weightedModel(name, config.weighted, breaker, lookup);
    }
    if (config.highestRandomWeight !== undefined)
      return highestRandomWeightModel(name, config.highestRandomWeight, lookup);
    if (config.mirroring !== undefined) return mirroringModel(name, config.mirroring, lookup);
    if (config.failover !== undefined) return failoverModel(name, config.failover, lookup);
    const balancer = config.loadBalancer ?? {};
    if (balancer.serversTransport === undefined) return loadBalancerModel(name, balancer, 0);
    const wanted = reference(balancer.serversTransport, source.provider);
    const transport = this.#transportIndexes.get(wanted);
    const announces = transport !== undefined && this.#transports[transport]?.proxyProtocol !== undefined;
    const h2c = announces ? (balancer.servers ?? []).findIndex(({ url }) => /^h2c:/i.test(url)) : -1;
    if (h2c >= 0) {
      const missing =
        'proxyProtocol wants a connection for each request: not h2c://, but http:// or https://';
      return { missing, path: ['servers', h2c, 'url'], pending: false };
    }
    if (transport !== undefined) return loadBalancerModel(name, balancer, transport);
    const missing = this.#transportIndexes.missing('serversTransport', balancer.serversTransport, wanted);
    return { missing, path: ['serversTransport'], pending: false };
  }

  #legBreaker({
    circuitBreaker,
  }: NonNullable<ServiceConfig['weighted']>): Pick<WeightedModel, 'circuitBreaker'> | Missing {
    if (circuitBreaker === undefined) return {};
    const path = ['circuitBreaker'];
    // A leg's share goes to the other legs: there is nothing to fall back to.
    if (circuitBreaker.fallbackService !== undefined) {
      const missing = 'a breaker of legs has no fallbackService: the other legs take over; use failover';
      return { missing, path: [...path, 'fallbackService'], pending: false };
    }
    const settings = circuitBreakerSettings(circuitBreaker);
    return typeof settings === 'string'
      ? { missing: settings, path: [...path, 'expression'], pending: false }
      : { circuitBreaker: settings };
  }

  #lookup(name: QName, { source, path }: Declared, kind: Kind): Lookup {
    return {
      provider: source.provider,
      find: (written, below) => {
        const wanted = reference(written, source.provider);
        const loop = this.#loop(wanted);
        if (loop !== undefined) return { missing: loop, path: below, pending: false, loop: true };
        const found = this.find(written, source.provider);
        if (typeof found !== 'number') return { ...found, path: below };
        if (this.models[found]?.kind !== 'broken') return found;
        return { missing: `${JSON.stringify(written)} cannot be built`, path: below, pending: false };
      },
      leftOut: (what, why) => {
        // What is wrong with a broken one is told at its own place.
        if (why.missing.endsWith('cannot be built')) return;
        this.#resolution.disable('service', showName(name), `${what} left out: ${why.missing}`, {
          source,
          path: [...path, kind, ...why.path],
          pending: why.pending,
        });
      },
    };
  }

  /** The service behind its own middlewares; without one of them it must not serve. */
  #behind(name: QName, { source, path, config }: Declared, service: ServiceModel): ServiceModel {
    if (config.middlewares === undefined || service.kind === 'broken') return service;
    const middlewares: number[] = [];
    const circuitBreakers: PassingModel['circuitBreakers'][number][] = [];
    let broken: BrokenModel | undefined;
    for (const [position, written] of config.middlewares.entries()) {
      const found = this.middlewares.find(written, source.provider);
      if ('missing' in found) {
        const where = { source, path: [...path, 'middlewares', position] };
        const disabled = this.#disable(name, found.missing, where);
        broken ??= disabled;
        continue;
      }
      for (const index of found) {
        const model = this.middlewares.models[index];
        middlewares.push(index);
        if (model?.kind === 'circuitBreaker') circuitBreakers.push(model as never);
      }
    }
    if (broken !== undefined) return broken;
    const inner = this.models.push(service) - 1;
    return { kind: 'passing', name, service: inner, middlewares, circuitBreakers };
  }

  #disable(name: QName, reason: string, where: Parameters<Resolution['disable']>[3]): BrokenModel {
    this.#resolution.disable('service', showName(name), reason, where);
    return { kind: 'broken', name, code: 'service.disabled', detail: reason };
  }
}
