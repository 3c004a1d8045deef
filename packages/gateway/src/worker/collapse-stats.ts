/** The counters of workers that are no more. */
import { type ProcessStats, sumStats } from '../runtime/stats.ts';

/** Past workers as one, so that restarts never grow memory. */
export function collapse(past: readonly ProcessStats[]): ProcessStats {
  const { connections, entryPoints, services, legs, mirrors, circuits, refusals } = sumStats([], past, []);
  return {
    accepted: connections.accepted,
    refused: connections.refused,
    open: 0,
    inFlight: 0,
    entryPoints,
    services,
    legs,
    endpoints: [],
    mirrors,
    circuits,
    refusals,
    rssBytes: 0,
  };
}
