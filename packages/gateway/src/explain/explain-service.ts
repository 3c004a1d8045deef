/** A service with everything it may send a request to: shares, weights, modes and health. */
import type { EndpointStep, ServiceStep } from '@ficus/common/api/explain.ts';
import type { EndpointModel, LegModel, LoadBalancerModel, ServiceModel } from '../model/model.ts';
import { showName } from '../model/resolution.ts';
import { behind, legCircuit, serviceCircuits } from './circuits.ts';
import { type SharingLeg, sharesOf } from './shares.ts';
import type { ModelView } from './view.ts';

type Health = ServiceStep['health'];
/** What a service is to the one above it. */
type Place = Pick<ServiceStep, 'role' | 'weight' | 'mode' | 'sessionsUntil'>;

/** Deepest nesting that is told; resolving allows no more. */
const deepest = 40;

/** Of a service that a child may bring. */
export const awaitedCode = 'service.pending';
const awaited = {
  health: 'unknown',
  reason: 'brought by children, which only a running parent knows',
} as const;

/** The service at `index` of the model. */
export function explainService(view: ModelView, index: number, depth = 0): ServiceStep {
  const service = view.model.services[index] as ServiceModel;
  const common = { name: showName(service.name), kind: service.kind };
  const below = (at: number) => explainService(view, at, depth + 1);
  if (depth > deepest) return { ...common, health: 'unknown', reason: 'nested too deep to be told' };
  switch (service.kind) {
    case 'broken':
      if (service.code === awaitedCode && !view.running) return { ...common, kind: 'uplink', ...awaited };
      return { ...common, health: 'disabled', reason: service.detail };
    case 'loadBalancer':
      return { ...common, ...balancer(view, service) };
    case 'weighted':
    case 'highestRandomWeight': {
      const breaker = 'circuitBreaker' in service ? service.circuitBreaker : undefined;
      const legs = service.legs.map((leg) => {
        const mode = 'mode' in leg ? leg.mode : 'active';
        return {
          step: behind(below(leg.service), legCircuit(view, service.name, leg.key, breaker)),
          place: { role: 'leg', weight: leg.weight, mode, ...deadlineOf(leg) } as const,
        };
      });
      const sticky =
        'sticky' in service && service.sticky !== undefined ? { sticky: service.sticky.cookie } : {};
      return { ...common, ...sticky, ...legsOf(legs) };
    }
    case 'mirroring': {
      const main = below(service.service);
      const mirrors = service.mirrors.map(({ service: at, percent, methods }) => {
        const of = methods === undefined ? '' : ` of ${methods.join(', ')}`;
        return { ...below(at), role: `mirror, ${percent} %${of}` };
      });
      return { ...common, ...healthOf(main), services: [{ ...main, role: 'answers', share: 1 }, ...mirrors] };
    }
    case 'failover': {
      const main = below(service.service);
      const fallback = below(service.fallback);
      const first = serves(main.health);
      const services = [
        { ...main, role: 'first', share: first ? 1 : 0 },
        { ...fallback, role: 'fallback', share: first ? 0 : serves(fallback.health) ? 1 : 0 },
      ];
      return { ...common, ...healthOf(first ? main : fallback), services };
    }
    case 'passing': {
      const middlewares = service.middlewares.map((at) => showName(view.model.middlewares[at]!.name));
      const step = { ...below(service.service), ...(middlewares.length === 0 ? {} : { middlewares }) };
      return behind(step, serviceCircuits(view, service.name, service.circuitBreakers));
    }
  }
}

function deadlineOf(leg: Pick<LegModel, 'key' | 'sessionsUntil'>): Pick<ServiceStep, 'sessionsUntil'> {
  return leg.sessionsUntil === undefined ? {} : { sessionsUntil: new Date(leg.sessionsUntil).toISOString() };
}

/** Nothing in it is fit, but an ejected endpoint is asked rather than nobody. */
export function hasLastResort({ circuitBreakers = [], endpoints = [], services = [] }: ServiceStep): boolean {
  if (circuitBreakers.some(({ state }) => state === 'tripped')) return false;
  if (endpoints.some(({ health, weight }) => health === 'ejected' && weight > 0)) return true;
  return services.some(
    (step) => (step.mode === undefined || step.mode === 'active') && step.weight !== 0 && hasLastResort(step),
  );
}

/** The service's own middlewares, in the order in which a request meets them. */
export function middlewaresOf(view: ModelView, index: number): readonly number[] {
  const service = view.model.services[index];
  return service?.kind === 'passing' ? service.middlewares : [];
}

function legsOf(
  legs: readonly {
    readonly step: ServiceStep;
    readonly place: Place & Pick<SharingLeg, 'weight' | 'mode'>;
  }[],
): Pick<ServiceStep, 'health' | 'reason' | 'services'> {
  const shares = sharesOf(legs.map(({ step, place }) => ({ ...place, serves: serves(step.health) })));
  const services = legs.map(({ step, place }, i) => ({ ...step, ...place, share: shares[i]! }));
  const taking = services.filter(({ share }) => share > 0);
  if (taking.length === 0) return { health: 'down', reason: 'no leg takes requests', services };
  return { health: taking.some(({ health }) => health === 'up') ? 'up' : 'unknown', services };
}

function balancer(
  { stateOf }: ModelView,
  { name, endpoints, strategy, sticky }: LoadBalancerModel,
): Omit<ServiceStep, 'name' | 'kind'> {
  if (endpoints.length === 0) return { health: 'down', reason: 'it has no endpoints', endpoints: [] };
  const how = {
    ...(strategy === 'wrr' ? {} : { strategy }),
    ...(sticky === undefined ? {} : { sticky: sticky.cookie }),
  };
  const states = endpoints.map((endpoint) => stateOf(name, endpoint));
  const shares = sharesOf(
    endpoints.map(({ weight, fenced }, i) => ({
      weight,
      mode: 'active',
      serves: serves(states[i]!.health) && fenced !== true,
    })),
  );
  const steps = endpoints.map(
    (endpoint, i): EndpointStep => ({
      url: endpointUrl(endpoint),
      weight: endpoint.weight,
      share: shares[i]!,
      ...(endpoint.fenced === true ? { reason: 'fenced: it keeps its sessions and takes no new ones' } : {}),
      ...states[i]!,
    }),
  );
  const taking = steps.filter(({ share }) => share > 0);
  if (taking.length > 0) {
    const health = taking.some((step) => step.health === 'up') ? 'up' : 'unknown';
    return { ...how, health, endpoints: steps };
  }
  const reason = steps.find((step) => step.reason !== undefined)?.reason ?? 'no endpoint takes requests';
  return { ...how, health: 'down', reason, endpoints: steps };
}

/** `http://10.0.0.7:8080`; an IPv6 address in brackets. */
export function endpointUrl({ scheme, host, port, path }: EndpointModel): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

/** Nothing says that it does not. */
export function serves(health: Health | EndpointStep['health']): boolean {
  return health === 'up' || health === 'unknown';
}

function healthOf({ health, reason }: ServiceStep): Pick<ServiceStep, 'health' | 'reason'> {
  return { health: health === 'disabled' ? 'down' : health, ...(reason === undefined ? {} : { reason }) };
}
