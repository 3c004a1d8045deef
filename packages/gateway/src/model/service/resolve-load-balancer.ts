/** A `loadBalancer` as written → as the data plane is told of it. */
import type { LoadBalancerConfig } from '../../config/service-kinds/load-balancer.ts';
import type { EndpointModel, LoadBalancerModel, QName } from '../model.ts';
import { healthCheckModel, passiveHealthCheckModel } from '../resolve-health.ts';
import { hashKeyOf } from './hash-key.ts';
import { stickyModel } from './sticky.ts';

export function loadBalancerModel(
  name: QName,
  config: LoadBalancerConfig,
  transport: number,
): LoadBalancerModel {
  const { healthCheck, passiveHealthCheck, sticky } = config;
  return {
    kind: 'loadBalancer',
    name,
    endpoints: (config.servers ?? []).map((server) => ({
      ...endpointOf(server.url),
      preservePath: server.preservePath ?? false,
      weight: server.weight ?? 1,
      ...(server.fenced === true ? { fenced: true } : {}),
    })),
    ...(config.strategy === undefined || config.strategy === 'wrr' ? {} : { strategy: config.strategy }),
    ...(config.hashOn === undefined ? {} : { hashOn: hashKeyOf(config.hashOn) }),
    ...(sticky === undefined ? {} : { sticky: stickyModel(name, sticky) }),
    passHostHeader: config.passHostHeader ?? true,
    transport,
    requestHeaders: [],
    ...(healthCheck === undefined ? {} : { healthCheck: healthCheckModel(healthCheck) }),
    ...(passiveHealthCheck === undefined
      ? {}
      : { passiveHealthCheck: passiveHealthCheckModel(passiveHealthCheck) }),
    uplink: false,
  };
}

/** `h2c` is no scheme to URL: without another it would keep the case of the host and not read `127.1`. */
export function endpointOf(written: string): Pick<EndpointModel, 'scheme' | 'host' | 'port' | 'path'> {
  const scheme = /^h2c:/i.test(written) ? 'h2c' : /^https:/i.test(written) ? 'https' : 'http';
  const url = new URL(scheme === 'h2c' ? written.replace(/^h2c:/i, 'http:') : written);
  return {
    scheme,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    path: url.pathname.replace(/\/+$/, ''),
  };
}
