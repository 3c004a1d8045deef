/** Services → load balancers and weighted services by index; what cannot be built stands as a broken one. */
import { nearestName } from '@ficus/common/config/nearest.ts';
import type { LoadBalancerConfig, WeightedConfig } from '../config/services.ts';
import { legKeys } from './leg-keys.ts';
import type {
  BrokenModel,
  EndpointModel,
  LegModel,
  LoadBalancerModel,
  QName,
  ServiceModel,
} from './model.ts';
import { awaitedProvider, Names, type Resolution, reference, showName } from './resolution.ts';
import { healthCheckModel, passiveHealthCheckModel } from './resolve-health.ts';
import type { DynamicSource, ModelFragment } from './resolve-input.ts';

/** Weighted services of weighted services, at most. */
const maxDepth = 32;

interface Declared {
  readonly source: DynamicSource;
  readonly path: readonly string[];
  readonly loadBalancer: LoadBalancerConfig | undefined;
  readonly weighted: WeightedConfig | undefined;
}

/** Looks services up by reference, building each when first asked for. */
export class Services {
  readonly models: ServiceModel[] = [];
  readonly #indexes = new Names<number>();
  readonly #declared = new Names<Declared>();
  readonly #lookups = new Map<string, (name: string) => string | undefined>();
  readonly #building: QName[] = [];
  readonly #transports: Names<number | undefined>;
  readonly #resolution: Resolution;

  constructor(transports: Names<number | undefined>, resolution: Resolution) {
    this.#transports = transports;
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
    for (const [name, { loadBalancer, weighted }] of Object.entries(source.config.http?.services ?? {})) {
      const path = ['http', 'services', name];
      this.#declared.add([name, source.provider], { source, path, loadBalancer, weighted });
    }
  }

  buildAll(): void {
    for (const { name } of this.#declared.entries()) this.#index(name);
  }

  /** The index of the service that `written` names, or why there is none. */
  find(written: string, provider: string): number | { readonly missing: string; readonly pending: boolean } {
    const name = reference(written, provider);
    const found = this.#index(name);
    if (found !== undefined) return found;
    const other = this.#lookups.get(name[1])?.(name[0]);
    const aliased = other === undefined ? undefined : this.#index([other, name[1]]);
    if (aliased !== undefined) return aliased;
    if (name[1] === awaitedProvider)
      return { missing: `no child advertises ${JSON.stringify(written)}${this.#near(name)}`, pending: true };
    const known = new Names<unknown>();
    for (const each of [this.#declared, this.#indexes]) {
      for (const entry of each.entries()) known.add(entry.name, undefined);
    }
    return { missing: known.missing('service', written, name), pending: false };
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
    const model: BrokenModel = { kind: 'broken', name, code, detail };
    const index = this.models.findIndex(
      (each) => each.kind === 'broken' && showName(each.name) === showName(name),
    );
    return index >= 0 ? index : this.models.push(model) - 1;
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
    this.models[index] = this.#build(name, declared);
    this.#building.pop();
    return index;
  }

  #build(name: QName, declared: Declared): ServiceModel {
    const { source, path } = declared;
    if (this.#building.length > maxDepth) {
      const reason = `services of services more than ${maxDepth} deep`;
      return this.#disable(name, reason, { source, path });
    }
    return declared.loadBalancer
      ? this.#loadBalancer(name, declared.loadBalancer, declared)
      : this.#weighted(name, declared.weighted as WeightedConfig, declared);
  }

  #loadBalancer(name: QName, config: LoadBalancerConfig, { source, path }: Declared): ServiceModel {
    let transport: number | undefined = 0;
    if (config.serversTransport !== undefined) {
      const wanted = reference(config.serversTransport, source.provider);
      transport = this.#transports.get(wanted);
      if (transport === undefined) {
        const reason = this.#transports.missing('serversTransport', config.serversTransport, wanted);
        const where = [...path, 'loadBalancer', 'serversTransport'];
        return this.#disable(name, reason, { source, path: where });
      }
    }
    const { healthCheck, passiveHealthCheck } = config;
    const model: LoadBalancerModel = {
      kind: 'loadBalancer',
      name,
      endpoints: (config.servers ?? []).map((server) => ({
        ...endpointOf(server.url),
        preservePath: server.preservePath ?? false,
        weight: server.weight ?? 1,
      })),
      passHostHeader: config.passHostHeader ?? true,
      transport,
      requestHeaders: [],
      ...(healthCheck === undefined ? {} : { healthCheck: healthCheckModel(healthCheck) }),
      ...(passiveHealthCheck === undefined
        ? {}
        : { passiveHealthCheck: passiveHealthCheckModel(passiveHealthCheck) }),
      uplink: false,
    };
    return model;
  }

  /** A leg that cannot be built is left out, and its share goes to the others: as if it were down. */
  #weighted(name: QName, config: WeightedConfig, { source, path }: Declared): ServiceModel {
    const keys = legKeys(config.services.map((leg) => reference(leg.name, source.provider)));
    const legs: LegModel[] = [];
    let pending = true;
    for (const [index, leg] of config.services.entries()) {
      const where = { source, path: [...path, 'weighted', 'services', index, 'name'] };
      const wanted = reference(leg.name, source.provider);
      const loop = this.#building.findIndex((each) => showName(each) === showName(wanted));
      if (loop >= 0) {
        const way = [...this.#building.slice(loop), wanted].map(showName).join(' → ');
        return this.#disable(name, `leads back to itself: ${way}`, where);
      }
      const found = this.find(leg.name, source.provider);
      if (typeof found !== 'number') {
        this.#resolution.disable('service', showName(name), `leg left out: ${found.missing}`, {
          ...where,
          pending: found.pending,
        });
        pending &&= found.pending;
      } else if (this.models[found]?.kind === 'broken') {
        pending = false;
      } else {
        legs.push({ key: keys[index] as string, service: found, weight: leg.weight ?? 1, mode: 'active' });
      }
    }
    if (legs.length > 0) return { kind: 'weighted', name, legs };
    const reason = pending ? 'none of its services is there yet' : 'none of its services can be built';
    return this.#disable(name, reason, { source, path, pending });
  }

  #disable(name: QName, reason: string, where: Parameters<Resolution['disable']>[3]): BrokenModel {
    this.#resolution.disable('service', showName(name), reason, where);
    return { kind: 'broken', name, code: 'service.disabled', detail: reason };
  }
}

function rebased(service: ServiceModel, first: number, firstTransport: number): ServiceModel {
  if (service.kind === 'broken') return service;
  if (service.kind === 'loadBalancer') return { ...service, transport: service.transport + firstTransport };
  return { ...service, legs: service.legs.map((leg) => ({ ...leg, service: leg.service + first })) };
}

/** `h2c` is no scheme to URL: without another it would keep the case of the host and not read `127.1`. */
function endpointOf(written: string): Pick<EndpointModel, 'scheme' | 'host' | 'port' | 'path'> {
  const scheme = /^h2c:/i.test(written) ? 'h2c' : /^https:/i.test(written) ? 'https' : 'http';
  const url = new URL(scheme === 'h2c' ? written.replace(/^h2c:/i, 'http:') : written);
  return {
    scheme,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    path: url.pathname.replace(/\/+$/, ''),
  };
}
