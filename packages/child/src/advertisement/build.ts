/** What this child offers right now, as the document of the uplink protocol. Pure. */

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
  readonly emptied?: true;
  readonly uplinks: readonly AdvertisedUplink[];
  readonly providers?: readonly ProviderState[];
}

/** A document that a parent takes, and how many uplinks had no room in it. */
export interface BuiltAdvertisement {
  readonly document: Advertisement;
  readonly body: string;
  readonly leftOut: number;
}

/** Of what does not fit, this part is tried next. */
const lessOf = 0.9;

/**
 * The document, within the protocol's limits whatever there is: of more uplinks than fit, those in `before` stay and then
 * the first by name come in, so that nobody who adds some can push out what is served.
 */
export function buildAdvertisement(
  { uplinks, ...rest }: AdvertisementInput,
  before: ReadonlySet<string> = new Set(),
): BuiltAdvertisement {
  const byName = [...uplinks].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const ranked = [
    ...byName.filter(({ name }) => before.has(name)),
    ...byName.filter(({ name }) => !before.has(name)),
  ];
  for (let size = Math.min(ranked.length, advertisementLimits.uplinks); ; size = Math.floor(size * lessOf)) {
    const chosen = new Set(ranked.slice(0, size));
    const document: Advertisement = {
      protocols: protocolVersions,
      ...rest,
      uplinks: byName.filter((uplink) => chosen.has(uplink)),
    };
    const body = JSON.stringify(document);
    if (size === 0 || Buffer.byteLength(body) <= advertisementLimits.bytes)
      return { document, body, leftOut: ranked.length - size };
  }
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
