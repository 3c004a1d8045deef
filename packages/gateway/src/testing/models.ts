/** Models written by hand, with everything a test does not care about filled in. */
import type {
  CertificateModel,
  ConnectionLimits,
  EndpointModel,
  EntryPointModel,
  LoadBalancerModel,
  Model,
  PassiveHealthCheckModel,
  RouterModel,
  ServiceModel,
  TransportModel,
  WeightedModel,
} from '../model/model.ts';
import { defaultHttp2Limits } from '../model/resolve-http2.ts';

export const limits: ConnectionLimits = {
  maxHeaderBytes: 65536,
  maxHeaderCount: 100,
  headTimeoutMs: 10_000,
  bodyStallTimeoutMs: 60_000,
  readTimeoutMs: 0,
  writeTimeoutMs: 0,
  idleTimeoutMs: 180_000,
  maxConnectionsPerAddress: 0,
  maxRequestBodyBytes: 0,
  http2: defaultHttp2Limits,
};

export function endpointModel(port: number, more: Partial<EndpointModel> = {}): EndpointModel {
  return { scheme: 'http', host: '127.0.0.1', port, path: '', preservePath: false, weight: 1, ...more };
}

export function loadBalancer(
  name: string,
  endpoints: readonly EndpointModel[],
  more: Partial<LoadBalancerModel> = {},
): LoadBalancerModel {
  return {
    kind: 'loadBalancer',
    name: [name, 'file'],
    endpoints,
    passHostHeader: true,
    transport: 0,
    requestHeaders: [],
    uplink: false,
    ...more,
  };
}

export function passiveHealthCheck(more: Partial<PassiveHealthCheckModel> = {}): PassiveHealthCheckModel {
  return {
    failureWindowMs: 10_000,
    maxFailedAttempts: 1,
    readmissionMs: 10_000,
    maxEjectedPercent: 50,
    ...more,
  };
}

/** A weighted service; a leg is `[key, index of its service, weight, mode]`. */
export function weighted(
  name: string,
  legs: readonly (readonly [string, number, number, WeightedModel['legs'][number]['mode']?])[],
): WeightedModel {
  return {
    kind: 'weighted',
    name: [name, 'file'],
    legs: legs.map(([key, service, weight, mode]) => ({ key, service, weight, mode: mode ?? 'active' })),
  };
}

export function transport(more: Partial<TransportModel> = {}): TransportModel {
  return {
    name: ['default', 'internal'],
    serverName: '',
    insecureSkipVerify: false,
    roots: [],
    minVersion: 'TLSv1.2',
    maxIdleConnsPerHost: 200,
    dialTimeoutMs: 30_000,
    responseHeaderTimeoutMs: 0,
    idleConnTimeoutMs: 90_000,
    readIdleTimeoutMs: 0,
    pingTimeoutMs: 15_000,
    disableHTTP2: false,
    ...more,
  };
}

/** A router for a path prefix on the entrypoint `web`. */
export function prefixRouter(path: string, service: number, tls = false): RouterModel {
  return {
    name: [`prefix ${path}`, 'file'],
    entryPoints: ['web'],
    rule: `PathPrefix(\`${path}\`)`,
    matcher: { kind: 'pathPrefix', path },
    priority: path.length,
    tls,
    middlewares: [],
    service,
  };
}

export interface ModelParts {
  readonly services?: readonly ServiceModel[];
  readonly routers?: readonly RouterModel[];
  readonly limits?: Partial<ConnectionLimits>;
  readonly transport?: Partial<TransportModel>;
  readonly certificates?: readonly CertificateModel[];
  readonly address?: string;
  /** Of the entrypoint, beyond its limits. */
  readonly entryPoint?: Partial<EntryPointModel>;
  /** Endpoint ports of one load balancer behind `/`, when `services` is not given. */
  readonly ports?: readonly number[];
}

/** One entrypoint `web`, one router for everything, to the service at index 0. TLS when there are certificates. */
export function modelOf(parts: ModelParts): Model {
  const tls = parts.certificates !== undefined;
  return {
    entryPoints: [
      {
        name: 'web',
        address: parts.address ?? '127.0.0.1:0',
        limits: { ...limits, ...parts.limits },
        forwardedHeaders: { insecure: false, trustedIPs: [] },
        tls,
        ...parts.entryPoint,
      },
    ],
    routers: parts.routers ?? [prefixRouter('/', 0, tls)],
    middlewares: [],
    services: parts.services ?? [
      loadBalancer(
        's',
        (parts.ports ?? []).map((port) => endpointModel(port)),
      ),
    ],
    transports: [transport(parts.transport)],
    certificates: parts.certificates ?? [],
  };
}
