/** How one endpoint is probed: what decides it, and which wire it takes. */
import type { EndpointModel, HealthCheckModel, LoadBalancerModel } from '../model/model.ts';
import type { Pool } from '../service/pool.ts';
import type { Transport } from '../service/transport.ts';
import { grpcProbe } from './grpc-probe.ts';
import { h2cProbe } from './h2c-probe.ts';
import type { StartProbe } from './http-verdict.ts';
import { httpProbe } from './probe.ts';

type Address = Pick<EndpointModel, 'scheme' | 'host' | 'port'>;

export interface ProbePlan {
  readonly check: HealthCheckModel;
  /** Two plans with the same key over the same pool or transport do the same. */
  readonly key: string;
  readonly over: Pool | Transport;
  readonly start: StartProbe;
}

/** The plan of `check` for one endpoint of `service`; `poolOf` is asked only for what the pools' wire understands. */
export function probePlan(
  service: LoadBalancerModel,
  check: HealthCheckModel,
  endpoint: EndpointModel,
  transport: Transport,
  poolOf: (address: Address) => Pool,
): ProbePlan {
  const address = {
    scheme: check.scheme ?? endpoint.scheme,
    host: endpoint.host,
    port: check.port ?? endpoint.port,
  };
  const authority = authorityOf(address, check);
  const fields = service.requestHeaders;
  const key = JSON.stringify([check, address, authority, fields]);
  if (check.mode === 'grpc' || address.scheme === 'h2c') {
    const way = { address, transport, authority, fields };
    const start = check.mode === 'grpc' ? grpcProbe(way, check) : h2cProbe(way, check);
    return { check, key, over: transport, start };
  }
  const pool = poolOf(address);
  return { check, key, over: pool, start: httpProbe(pool, check, authority, fields) };
}

/** `hostname`, else a `host` among the check's headers, else the endpoint's own, with its port. */
function authorityOf({ host, port }: Address, check: HealthCheckModel): string {
  if (check.hostname !== undefined && check.hostname !== '') return check.hostname;
  const own = check.headers.find(([name]) => name.toLowerCase() === 'host');
  if (own !== undefined) return own[1];
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
