/** What `ficus uplinks` shows: aggregated legs with their health and what they served. Pure. */
import type { LegStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import type { Stats } from '@ficus/gateway/runtime/data-plane.ts';
import type { AggregatedUplink, Leg } from '../aggregation/aggregate.ts';
import { aggregatedService, legService, multicluster } from '../aggregation/mesh-model.ts';
import { iso } from '../store/context.ts';
import type { HealthBoard } from './health-board.ts';

/** `stats` counts since start; a leg that served nothing has zeros. */
export function uplinkStatus(
  uplinks: readonly AggregatedUplink[],
  stats: Pick<Stats, 'legs' | 'services'>,
  health: Pick<HealthBoard, 'healthOf'>,
): readonly UplinkStatus[] {
  const served = countsOf(stats);
  return uplinks.map(({ name, legs }) => ({
    name,
    legs: legs.map((leg) => legStatus(name, leg, served(name, leg.child.name), health)),
  }));
}

/** Traffic sent straight to one leg (`orders/vm-1@multicluster`) counts for it, too. */
function countsOf({ legs, services }: Pick<Stats, 'legs' | 'services'>) {
  const shared = new Map(
    legs
      .filter(({ service }) => service[1] === multicluster)
      .map((leg) => [JSON.stringify([leg.service[0], leg.key]), leg]),
  );
  const direct = new Map(
    services.filter(({ name }) => name[1] === multicluster).map((service) => [service.name[0], service]),
  );
  return (uplink: string, child: string) => {
    const counted =
      direct.get(legService(uplink, child)[0]) ??
      shared.get(JSON.stringify([aggregatedService(uplink)[0], child]));
    return { requests: counted?.requests ?? 0, failures: counted?.failures ?? 0 };
  };
}

const waiting = "it waits for the operator's weight: the other legs have one, so its hint does not count";

function legStatus(
  name: string,
  { child, uplink, weight, weightFrom, mode, sessionsUntil, leaving, waits }: Leg,
  served: { readonly requests: number; readonly failures: number },
  board: Pick<HealthBoard, 'healthOf'>,
): LegStatus {
  const endpoints = child.addresses.map((host) => ({
    scheme: 'https' as const,
    host,
    port: child.port,
    path: '',
    preservePath: false,
    weight: 1,
  }));
  const { health, reason } = board.healthOf({ name: legService(name, child.name), endpoints });
  const why = reason ?? (leaving ? 'the child is going away' : waits ? waiting : undefined);
  return {
    child: child.name,
    weight,
    weightFrom,
    mode,
    ...(sessionsUntil === undefined ? {} : { sessionsUntil: iso(sessionsUntil) }),
    health,
    ...(why === undefined ? {} : { reason: why }),
    endpoints: uplink.endpoints,
    ...served,
  };
}
