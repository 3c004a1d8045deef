/** Circuit breakers as counters, and their sum over processes. */
import type { CircuitBreaker, CircuitState } from '../service/circuit/breaker.ts';
import type { CircuitStats } from './data-plane.ts';

export function circuitStats(breakers: Iterable<CircuitBreaker>): CircuitStats[] {
  return Array.from(breakers, ({ name, state, trips }) => ({ name, state, trips }));
}

interface HasCircuits {
  readonly circuits: readonly CircuitStats[];
}

const worstFirst: readonly CircuitState[] = ['tripped', 'recovering', 'standby'];

/** By name. Of `live` processes the worst state; trips of `past` ones count too, while somebody live has the breaker. */
export function sumCircuits(live: readonly HasCircuits[], past: readonly HasCircuits[]): CircuitStats[] {
  const sums = new Map<string, CircuitStats>();
  // Without anybody live, all that is known is what has been.
  for (const { circuits } of live.length === 0 ? past : live) {
    for (const one of circuits) {
      const sum = sums.get(one.name);
      sums.set(one.name, sum === undefined ? one : { ...added(sum, one.trips), state: worse(sum, one) });
    }
  }
  for (const { circuits } of live.length === 0 ? [] : past) {
    for (const { name, trips } of circuits) {
      const sum = sums.get(name);
      if (sum !== undefined) sums.set(name, added(sum, trips));
    }
  }
  return [...sums.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function added(sum: CircuitStats, trips: number): CircuitStats {
  return { ...sum, trips: sum.trips + trips };
}

function worse(a: CircuitStats, b: CircuitStats): CircuitState {
  return worstFirst.indexOf(a.state) < worstFirst.indexOf(b.state) ? a.state : b.state;
}
