/** What this child offers right now, as the document of the uplink protocol. Pure. */

import { FicusError } from '@ficus/common/errors.ts';
import {
  type AdvertisedUplink,
  type Advertisement,
  advertisementLimits,
  protocolVersions,
} from '@ficus/common/uplink/advertisement.ts';
import type { Model, QName } from '@ficus/gateway/model/model.ts';

/** An advertised uplink's own settings, without what changes by the minute. */
export type UplinkOffer = Omit<AdvertisedUplink, 'endpoints'>;

/** Healthy and total endpoints of one service as its active check sees them; `undefined` before there is a verdict. */
export type ServiceHealth = (
  service: QName,
) => { readonly healthy: number; readonly total: number } | undefined;

export interface AdvertisementInput {
  readonly child: string;
  readonly version: string;
  readonly epoch: string;
  readonly revision: number;
  readonly draining: boolean;
  readonly uplinks: readonly AdvertisedUplink[];
}

/** The document; throws `advertisement.too-big` when it would pass the protocol's limits (a parent would refuse it). */
export function buildAdvertisement(input: AdvertisementInput): { document: Advertisement; body: string } {
  const { uplinks, ...rest } = input;
  if (uplinks.length > advertisementLimits.uplinks) {
    throw tooBig(`${uplinks.length} uplinks`, `${advertisementLimits.uplinks}`);
  }
  const document: Advertisement = {
    protocols: protocolVersions,
    ...rest,
    uplinks: [...uplinks].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  };
  const body = JSON.stringify(document);
  const bytes = Buffer.byteLength(body);
  if (bytes > advertisementLimits.bytes) throw tooBig(`${bytes} bytes`, `${advertisementLimits.bytes}`);
  return { document, body };
}

/** `offers` with the endpoints that stand behind each in `model`. */
export function withEndpoints(
  offers: readonly UplinkOffer[],
  model: Model,
  health: ServiceHealth,
): readonly AdvertisedUplink[] {
  const tables = new Map(model.entryPoints.flatMap((entryPoint) => entryPoint.uplink?.tables ?? []));
  return offers.map((offer) => ({
    ...offer,
    endpoints: countEndpoints(model, tables.get(offer.name) ?? [], health),
  }));
}

/** Endpoints of every load balancer the routers reach, each balancer once. */
function countEndpoints(model: Model, routers: readonly number[], health: ServiceHealth) {
  const seen = new Set<number>();
  const open = routers.flatMap((router) => model.routers[router]?.service ?? []);
  let healthy = 0;
  let total = 0;
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const service = model.services[index];
    if (service === undefined || seen.has(index)) continue;
    seen.add(index);
    if (service.kind === 'weighted') open.push(...service.legs.map((leg) => leg.service));
    if (service.kind !== 'loadBalancer') continue;
    const size = service.endpoints.length;
    // Not checked counts as healthy: a child must not take itself out of rotation for lack of a health check.
    const checked = service.healthCheck === undefined ? undefined : health(service.name);
    const state = checked ?? { healthy: size, total: size };
    healthy += state.healthy;
    total += state.total;
  }
  return { healthy, total };
}

function tooBig(found: string, limit: string): FicusError {
  return new FicusError('advertisement.too-big', `advertisement: want at most ${limit}, found ${found}`, {
    remedy: 'run several children, each with a part of the workloads',
  });
}
