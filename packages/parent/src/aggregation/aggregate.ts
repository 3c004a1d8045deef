/** Puts together what the children advertise and what the operator decided. Pure. */
import type { LegMode } from '@ficus/common/api/admin.ts';
import type { AdvertisedUplink, Advertisement } from '@ficus/common/uplink/advertisement.ts';
import type { TransportModel } from '@ficus/gateway/model/model.ts';
import type { LegOverride } from '../store/store.ts';

/** One child as aggregation sees it. */
export interface ChildView {
  readonly name: string;
  /** Its SPIFFE ID. */
  readonly peerUri: string;
  /** Where its uplink entrypoint is; never empty. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Granted uplinks only. */
  readonly advertisement: Advertisement;
  /** How it is dialled, where the operator's configuration says so. */
  readonly transport?: ChildTransport | undefined;
}

/** `children.<name>.serversTransport`; absent keys have the uplinks' own defaults. */
export type ChildTransport = Partial<
  Pick<TransportModel, 'readIdleTimeoutMs' | 'pingTimeoutMs' | 'disableHTTP2'>
>;

/** One child's share of an aggregated service. */
export interface Leg {
  readonly child: ChildView;
  readonly uplink: AdvertisedUplink;
  /** In force: the operator's, else the child's hint; 0 for a leg that `waits`. */
  readonly weight: number;
  readonly weightFrom: 'operator' | 'child';
  /** The operator gave another leg of this uplink a weight but not this one: its hint doesn't count. */
  readonly waits: boolean;
  /** In force: a child that goes away drains, whatever the operator chose short of `off`. */
  readonly mode: LegMode;
  /** While the operator lets it drain, until then sessions stay; milliseconds since the epoch. */
  readonly sessionsUntil?: number;
  /** True when the mode is the child's leaving and not the operator's choice. */
  readonly leaving: boolean;
}

/** One exposed name, from every child that advertises it; legs sorted by child. */
export interface AggregatedUplink {
  readonly name: string;
  readonly legs: readonly Leg[];
}

/** Sorted by name. `overridesOf` gives the operator's decisions on one uplink. */
export function aggregate(
  children: readonly ChildView[],
  overridesOf: (uplink: string) => readonly LegOverride[],
): readonly AggregatedUplink[] {
  const sharers = new Map<string, { child: ChildView; uplink: AdvertisedUplink }[]>();
  for (const child of [...children].sort((a, b) => compare(a.name, b.name))) {
    for (const uplink of child.advertisement.uplinks) {
      const list = sharers.get(uplink.name);
      if (list === undefined) sharers.set(uplink.name, [{ child, uplink }]);
      else list.push({ child, uplink });
    }
  }
  return [...sharers]
    .sort(([a], [b]) => compare(a, b))
    .map(([name, list]) => {
      const overrides = new Map(overridesOf(name).map((override) => [override.child, override]));
      // Hints and the operator's weights have no common scale: beside 90 and 10 a hint of 1000 would take nearly all.
      const decided = list.some(({ child }) => overrides.get(child.name)?.weight !== undefined);
      const legs = list.map(({ child, uplink }) => legOf(child, uplink, overrides.get(child.name), decided));
      return { name, legs };
    });
}

function legOf(
  child: ChildView,
  uplink: AdvertisedUplink,
  override: LegOverride | undefined,
  decided: boolean,
): Leg {
  const chosen = override?.mode ?? 'active';
  const leaving = child.advertisement.draining && chosen !== 'off' && chosen !== 'draining';
  return {
    child,
    uplink,
    weight: override?.weight ?? (decided ? 0 : uplink.weight),
    weightFrom: override?.weight === undefined ? 'child' : 'operator',
    waits: decided && override?.weight === undefined,
    mode: leaving ? 'draining' : chosen,
    ...(chosen !== 'draining' || override?.sessionsUntil === undefined
      ? {}
      : { sessionsUntil: override.sessionsUntil }),
    leaving,
  };
}

/** By code units: the same order on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
