/** What share of the requests each leg gets by its weight, in percent. */
import type { LegStatus } from '@ficus/common/api/admin.ts';

type Leg = Pick<LegStatus, 'child' | 'weight' | 'mode' | 'health'>;

/**
 * Shares by child, 0 to 1; children that get nothing are left out. Active legs that are not down share by weight.
 * When none is left the standby legs take over, at weight 1 at least: weight 0 says nothing about failover.
 */
export function shares(legs: readonly Leg[]): ReadonlyMap<string, number> {
  const alive = legs.filter((leg) => leg.health !== 'down');
  const active = alive.filter((leg) => leg.mode === 'active' && leg.weight > 0);
  const serving =
    active.length > 0
      ? active
      : alive
          .filter((leg) => leg.mode === 'standby')
          .map((leg) => ({ ...leg, weight: Math.max(1, leg.weight) }));
  const total = serving.reduce((sum, leg) => sum + leg.weight, 0);
  return new Map(serving.map((leg) => [leg.child, leg.weight / total]));
}

/** `0.1` as `10 %`, with one decimal when it has one. */
export function percent(share: number | undefined): string {
  return `${Number(((share ?? 0) * 100).toFixed(1))} %`;
}
