/** How the legs of a service share its requests, by the rules that `service/` follows. */

export interface SharingLeg {
  readonly weight: number;
  readonly mode: 'active' | 'standby' | 'draining' | 'off';
  /** Takes requests, or nothing says that it does not. */
  readonly serves: boolean;
}

/**
 * One number a leg, 0 to 1. Active legs share by weight; when none is left the standby legs take over, at weight 1 at
 * least: weight 0 says nothing about failover.
 */
export function sharesOf(legs: readonly SharingLeg[]): readonly number[] {
  const active = legs.map(({ serves, mode, weight }) => (serves && mode === 'active' ? weight : 0));
  const standby = legs.map(({ serves, mode, weight }) =>
    serves && mode === 'standby' ? Math.max(1, weight) : 0,
  );
  const weights = sum(active) > 0 ? active : standby;
  const total = sum(weights);
  return weights.map((weight) => (total === 0 ? 0 : weight / total));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
