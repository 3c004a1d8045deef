/** The services and transports that an aggregation adds to the model. Pure. */
import type { AdvertisedHealthCheck, AdvertisedUplink } from '@ficus/common/uplink/advertisement.ts';
import { uplinkHeader } from '@ficus/common/uplink/advertisement.ts';
import type {
  HealthCheckModel,
  LegModel,
  LoadBalancerModel,
  QName,
  ServiceModel,
  TransportModel,
} from '@ficus/gateway/model/model.ts';
import type { UplinkIdentity } from '../children/uplink-dial.ts';
import type { AggregatedUplink, ChildView, Leg } from './aggregate.ts';
import type { UplinkTerms } from './uplink-terms.ts';

/** The provider of everything that comes from children. */
export const multicluster = 'multicluster';

/** Services and transports; indexes in the services count within this fragment. */
export interface MeshModel {
  readonly services: readonly ServiceModel[];
  readonly transports: readonly TransportModel[];
}

/** `<name>@multicluster`. */
export function aggregatedService(uplink: string): QName {
  return [uplink, multicluster];
}
/** `<name>/<child>@multicluster`: one child's share. No exposed name holds a slash, so it meets no other. */
export function legService(uplink: string, child: string): QName {
  return [`${uplink}/${child}`, multicluster];
}
/** The transport to one child. */
export function childTransport(child: string): QName {
  return [child, multicluster];
}

/** Builds the fragment: one transport a child, one load balancer a leg, one weighted service a name, with its `terms`. */
export function meshModel(
  uplinks: readonly AggregatedUplink[],
  identity: UplinkIdentity,
  terms: (uplink: string) => UplinkTerms = () => ({}),
): MeshModel {
  const transports: TransportModel[] = [];
  const transportOf = new Map<string, number>();
  const services: ServiceModel[] = [];
  for (const { name, legs } of uplinks) {
    const weighted: LegModel[] = legs.map((leg) => {
      const { child } = leg;
      let transport = transportOf.get(child.name);
      if (transport === undefined) {
        transport = transports.push(transportTo(child, identity)) - 1;
        transportOf.set(child.name, transport);
      }
      const service = services.push(balancerOf(name, leg, transport)) - 1;
      return { ...termsOf(leg), service };
    });
    services.push({
      kind: 'weighted',
      name: aggregatedService(name),
      legs: weighted,
      ...terms(name),
    });
  }
  return { services, transports };
}

/** Traefik's defaults, but for the dial and the pings: a child that doesn't answer soon has others beside it. */
export function transportTo(
  child: Pick<ChildView, 'name' | 'peerUri' | 'transport'>,
  { certificate, roots }: UplinkIdentity,
): TransportModel {
  return {
    name: childTransport(child.name),
    serverName: '',
    insecureSkipVerify: false,
    roots,
    certificate,
    peerUri: child.peerUri,
    minVersion: 'TLSv1.3',
    maxIdleConnsPerHost: 200,
    dialTimeoutMs: 3_000,
    responseHeaderTimeoutMs: 0,
    idleConnTimeoutMs: 90_000,
    readIdleTimeoutMs: child.transport?.readIdleTimeoutMs ?? 5_000,
    pingTimeoutMs: child.transport?.pingTimeoutMs ?? 5_000,
    disableHTTP2: child.transport?.disableHTTP2 ?? false,
  };
}

function balancerOf(name: string, { child, uplink }: Leg, transport: number): LoadBalancerModel {
  const { healthCheck, passiveHealthCheck } = uplink;
  return {
    kind: 'loadBalancer',
    name: legService(name, child.name),
    endpoints: child.addresses.map((host) => ({
      scheme: 'https',
      host,
      port: child.port,
      path: '',
      preservePath: false,
      weight: 1,
    })),
    passHostHeader: true,
    transport,
    requestHeaders: [[uplinkHeader, name]],
    uplink: true,
    ...(healthCheck === undefined ? {} : { healthCheck: healthCheckOf(healthCheck) }),
    ...(passiveHealthCheck === undefined ? {} : { passiveHealthCheck: passiveOf(passiveHealthCheck) }),
  };
}

/** What a child leaves open is as in a file that does not say it. */
function passiveOf(
  check: NonNullable<AdvertisedUplink['passiveHealthCheck']>,
): NonNullable<LoadBalancerModel['passiveHealthCheck']> {
  return { readmissionMs: check.failureWindowMs, maxEjectedPercent: 50, ...check };
}

function healthCheckOf(check: AdvertisedHealthCheck): HealthCheckModel {
  const {
    mode = 'http',
    path,
    method,
    status,
    intervalMs,
    unhealthyIntervalMs,
    timeoutMs,
    healthyThreshold = 1,
    unhealthyThreshold = 1,
    initialState = 'up',
    hostname,
    headers,
  } = check;
  return {
    mode,
    path,
    method,
    status,
    intervalMs,
    unhealthyIntervalMs,
    timeoutMs,
    followRedirects: false,
    healthyThreshold,
    unhealthyThreshold,
    initialState,
    headers: Object.entries(headers ?? {}),
    ...(hostname === undefined ? {} : { hostname }),
  };
}

/**
 * Traefik's name of one leg, `<name>-<child>`, as the name it has here; undefined when no leg or more than one is
 * meant, or when an aggregated service has that very name.
 */
export function traefikAliases(uplinks: readonly AggregatedUplink[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string | undefined>();
  for (const { name, legs } of uplinks) {
    for (const { child } of legs) {
      const alias = `${name}-${child.name}`;
      aliases.set(alias, aliases.has(alias) ? undefined : legService(name, child.name)[0]);
    }
  }
  for (const { name } of uplinks) aliases.delete(name);
  return new Map([...aliases].filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The legs of one uplink as the model writes them, for a patch. */
export function legPatch({ legs }: AggregatedUplink): readonly LegTerms[] {
  return legs.map(termsOf);
}

type LegTerms = Omit<LegModel, 'service'>;

function termsOf({ child, weight, mode, sessionsUntil }: Leg): LegTerms {
  return { key: child.name, weight, mode, ...(sessionsUntil === undefined ? {} : { sessionsUntil }) };
}
