/** What this child offers right now, as the document of the uplink protocol. Pure. */

import { FicusError } from '@ficus/common/errors.ts';
import {
  type AdvertisedUplink,
  type Advertisement,
  advertisementLimits,
  protocolVersions,
} from '@ficus/common/uplink/advertisement.ts';
import type { ProviderState } from '@ficus/common/uplink/provider-state.ts';
import type { Model, QName } from '@ficus/gateway/model/model.ts';
import type { ResolvedUplink } from '@ficus/gateway/model/resolve-input.ts';

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
  readonly providers?: readonly ProviderState[];
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

/** `offers` as they are advertised, with the endpoints that stand behind each in `model`. */
export function withEndpoints(
  offers: readonly ResolvedUplink[],
  model: Model,
  health: ServiceHealth,
): readonly AdvertisedUplink[] {
  const balancers = new Map(
    model.services
      .filter((service) => service.kind === 'loadBalancer')
      .map((service) => [keyOf(service.name), service]),
  );
  return offers.map(({ entryPoints: _e, routers: _r, services, ...offer }) => {
    let healthy = 0;
    let total = 0;
    for (const name of services) {
      const balancer = balancers.get(keyOf(name));
      if (balancer === undefined) continue;
      const size = balancer.endpoints.length;
      const checked = balancer.healthCheck === undefined ? undefined : health(name);
      // Not checked counts as healthy: a child must not take itself out of rotation for lack of a health check.
      const state = checked ?? { healthy: size, total: size };
      healthy += state.healthy;
      total += state.total;
    }
    return { ...offer, endpoints: { healthy, total } };
  });
}

/** A tuple as a map's key that no other tuple gives. */
function keyOf(name: QName): string {
  return JSON.stringify(name);
}

function tooBig(found: string, limit: string): FicusError {
  return new FicusError('advertisement.too-big', `advertisement: want at most ${limit}, found ${found}`, {
    remedy: 'run several children, each with a part of the workloads',
  });
}
