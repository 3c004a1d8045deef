/** From one generation to the next: which endpoint goes on, and what a new one is told of its address. */
import type { EndpointModel, LoadBalancerModel } from '../model/model.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { Endpoint, type FailureReporter } from './endpoint.ts';
import type { Pool } from './pool.ts';

/**
 * The endpoint of `before` when pool and path are the same, with all it knows; else a new one that goes on with the
 * health of its address, so that no reload marks a dead one up.
 */
export function carryEndpoint(
  service: LoadBalancerModel,
  model: EndpointModel,
  pool: Pool,
  before: readonly Endpoint[],
  { report, log }: { readonly report: FailureReporter; readonly log: DataPlaneLog },
): Endpoint {
  const same = before.find((each) => each.pool === pool && each.model.path === model.path);
  if (same !== undefined) return same;
  const endpoint = new Endpoint(service.name, model, pool, report);
  endpoint.log = log;
  const { host, port } = pool.address;
  const known = before.find(({ pool: { address } }) => address.host === host && address.port === port);
  if (known !== undefined) endpoint.succeed(known);
  else if (service.healthCheck?.initialState === 'down') endpoint.beginDown();
  return endpoint;
}
