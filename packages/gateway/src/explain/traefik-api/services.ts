/** `/api/http/services` in Traefik's shape, those that children bring among them. */
import { serviceSchema } from '../../config/services.ts';
import type { LoadBalancerModel, ServiceModel } from '../../model/model.ts';
import { showName } from '../../model/resolution.ts';
import { circuitsBy } from '../circuits.ts';
import { endpointUrl, serves } from '../explain-service.ts';
import { Faults, statusOf } from '../faults.ts';
import type { ModelView } from '../view.ts';
import type { Order } from './page.ts';
import { present } from './present.ts';
import { type ApiObject, allSources, filled, type RunningView } from './running.ts';
import { usageOf } from './usage.ts';

/** Every service that was written, and every one that came from elsewhere. */
export function apiServices(view: RunningView): readonly ApiObject[] {
  const { model, disabled } = view;
  const faults = new Faults(disabled);
  const { services: usedBy } = usageOf(model);
  const models = Map.groupBy(model.services, (service) => showName(service.name));
  const object = (name: string, provider: string, shape: Readonly<Record<string, unknown>>): ApiObject => {
    const built = models.get(name) ?? [];
    const broken = built.find((each) => each.kind === 'broken');
    const balancer = built.find((each) => each.kind === 'loadBalancer');
    const { status, error } = statusOf(faults.of('service', name), broken?.detail);
    return {
      ...shape,
      ...filled('error', error),
      status,
      ...circuitsBy(view, (owner, part) => (owner === `service ${name}` ? part : undefined)),
      ...filled('usedBy', usedBy.get(name) ?? []),
      ...mirrorStatus(view, name),
      ...(balancer === undefined ? {} : serverStatus(view, balancer, shape)),
      name,
      provider,
      type: (Object.keys(shape).find((key) => key !== 'middlewares') ?? '').toLowerCase(),
    };
  };
  const written = allSources(view).flatMap(({ provider, config }) =>
    Object.entries(config.http?.services ?? {}).map(([key, service]) =>
      object(showName([key, provider]), provider, present(serviceSchema, service) as Record<string, unknown>),
    ),
  );
  const known = new Set(written.map(({ name }) => name));
  const brought = model.services
    .filter(
      (each) => each.kind !== 'broken' && each.name[1] !== 'internal' && !known.has(showName(each.name)),
    )
    .map((each) => object(showName(each.name), each.name[1], shapeOf(each, model.services)));
  return [...written, ...brought];
}

/** By the URLs as the shape has them; UP unless something says that it is down, as in Traefik. */
function serverStatus(
  { stateOf }: ModelView,
  { name, endpoints }: LoadBalancerModel,
  shape: Readonly<Record<string, unknown>>,
): { readonly serverStatus?: Readonly<Record<string, string>> } {
  if (endpoints.length === 0) return {};
  const { servers = [] } = (shape['loadBalancer'] ?? {}) as {
    readonly servers?: readonly { readonly url: string }[];
  };
  const states = endpoints.map((endpoint, i) => {
    const url = servers.length === endpoints.length ? servers[i]!.url : endpointUrl(endpoint);
    return [url, serves(stateOf(name, endpoint).health) ? 'UP' : 'DOWN'] as const;
  });
  return { serverStatus: Object.fromEntries(states) };
}

/** What the mirrors of this service got and answered. */
function mirrorStatus({ mirrors = [] }: RunningView, name: string): Readonly<Record<string, unknown>> {
  const own = mirrors.filter(({ service }) => service === name);
  return own.length === 0 ? {} : { mirrorStatus: own };
}

/** Of services that nobody wrote: those of children are load balancers and weighted ones of them. */
function shapeOf(service: ServiceModel, all: readonly ServiceModel[]): Readonly<Record<string, unknown>> {
  if (service.kind === 'loadBalancer') {
    const { endpoints, passHostHeader } = service;
    return {
      loadBalancer: { servers: endpoints.map((each) => ({ url: endpointUrl(each) })), passHostHeader },
    };
  }
  if (service.kind === 'weighted') {
    const legs = service.legs.map(({ service: index, weight, mode }) => {
      const name = showName(all[index]!.name);
      return mode === 'active' ? { name, weight } : { name, weight, mode };
    });
    return { weighted: { services: legs } };
  }
  return { [service.kind]: {} };
}

export const serviceOrder: Order<ApiObject> = {
  keys: {
    type: ({ type }) => String(type),
    servers: ({ loadBalancer }) =>
      ((loadBalancer ?? {}) as { readonly servers?: readonly unknown[] }).servers?.length ?? 0,
  },
};
