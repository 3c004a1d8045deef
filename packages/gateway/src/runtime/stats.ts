/** Counters of one process as plain JSON, and their sum over processes. */
import type { CircuitBreaker } from '../service/circuit/breaker.ts';
import type { EndpointState } from '../service/endpoint.ts';
import { circuitStats, sumCircuits } from './circuit-stats.ts';
import type { EndpointStats, Stats } from './data-plane.ts';
import type { Engine } from './engine.ts';
import type { Generation } from './generation.ts';
import { mirrorStats, sumMirrors } from './mirror-stats.ts';

/** What one process counted since its start. */
export interface ProcessStats
  extends Pick<
    Stats,
    'entryPoints' | 'services' | 'legs' | 'endpoints' | 'mirrors' | 'circuits' | 'refusals'
  > {
  readonly accepted: number;
  readonly refused: number;
  readonly open: number;
  readonly inFlight: number;
  readonly rssBytes: number;
}

export function processStats(engine: Engine): ProcessStats {
  let accepted = 0;
  let refused = 0;
  let inFlight = 0;
  const entryPoints = [...engine.counters].map(([name, counters]) => {
    accepted += counters.connectionsAccepted;
    refused += counters.connectionsRefused;
    inFlight += counters.inFlight;
    const codes: Record<string, number> = {};
    counters.codes.forEach((count, code) => {
      if (count > 0) codes[code] = count;
    });
    return { name, codes };
  });
  let open = 0;
  for (const listener of engine.listeners.values()) open += listener.connections.size;
  const generation = engine.generation;
  return {
    accepted,
    refused,
    open,
    inFlight,
    entryPoints,
    services: generation === undefined ? [] : asked(generation),
    legs: [...(generation?.services.weighted.values() ?? [])].flatMap((weighted) =>
      weighted.legs.map(({ key, requests, failures }) => ({
        service: weighted.name,
        key,
        requests,
        failures,
      })),
    ),
    mirrors: generation === undefined ? [] : mirrorStats(generation.services.mirroring.values()),
    circuits:
      generation === undefined
        ? []
        : circuitStats(generation.kept.ofKind('circuitBreaker') as Iterable<CircuitBreaker>),
    endpoints: generation === undefined ? [] : notUp(generation),
    refusals: Object.fromEntries(engine.refusals.counts),
    rssBytes: process.memoryUsage.rss(),
  };
}

/** Sums `all`, live and past processes; what is open or in flight counts only for `live` ones. */
export function sumStats(
  live: readonly ProcessStats[],
  past: readonly ProcessStats[],
  workers: Stats['workers'],
): Stats {
  const all = [...live, ...past];
  const codes = new Map<string, Record<string, number>>();
  const services = new Map<string, Stats['services'][number]>();
  const legs = new Map<string, Stats['legs'][number]>();
  const refusals: Record<string, number> = {};
  for (const stats of all) {
    for (const entry of stats.entryPoints)
      codes.set(entry.name, added(codes.get(entry.name) ?? {}, entry.codes));
    for (const one of stats.services) {
      const key = JSON.stringify(one.name);
      const sum = services.get(key) ?? { name: one.name, requests: 0, failures: 0, retries: 0 };
      services.set(key, {
        name: one.name,
        requests: sum.requests + one.requests,
        failures: sum.failures + one.failures,
        retries: sum.retries + one.retries,
      });
    }
    for (const one of stats.legs) {
      const key = JSON.stringify([one.service, one.key]);
      const sum = legs.get(key) ?? { service: one.service, key: one.key, requests: 0, failures: 0 };
      legs.set(key, { ...sum, requests: sum.requests + one.requests, failures: sum.failures + one.failures });
    }
    added(refusals, stats.refusals);
  }
  const total = (pick: (stats: ProcessStats) => number, of: readonly ProcessStats[]) =>
    of.reduce((sum, stats) => sum + pick(stats), 0);
  let requests = 0;
  for (const counts of codes.values()) for (const count of Object.values(counts)) requests += count;
  return {
    connections: {
      open: total((s) => s.open, live),
      accepted: total((s) => s.accepted, all),
      refused: total((s) => s.refused, all),
    },
    requests: { total: requests, inFlight: total((s) => s.inFlight, live) },
    entryPoints: [...codes].map(([name, counts]) => ({ name, codes: counts })),
    services: [...services.values()],
    legs: [...legs.values()],
    mirrors: sumMirrors(live, past),
    circuits: sumCircuits(live, past),
    endpoints: worstOf(live),
    refusals,
    workers,
  };
}

/** Services that have been asked: of thousands that have not, nothing is to be said several times a second. */
function asked(generation: Generation): ProcessStats['services'] {
  const found: Stats['services'][number][] = [];
  for (const { name, requests, failures, retries } of generation.services.balancers.values())
    if (requests > 0) found.push({ name, requests, failures, retries });
  return found;
}

function notUp(generation: Generation): EndpointStats[] {
  const found: EndpointStats[] = [];
  for (const { state, service, pool } of generation.endpoints()) {
    if (state !== 'up') found.push({ service, host: pool.address.host, port: pool.address.port, state });
  }
  return found;
}

const worstFirst: readonly EndpointState[] = ['down', 'ejected', 'readmitting', 'up'];

function worstOf(live: readonly ProcessStats[]): EndpointStats[] {
  const worst = new Map<string, EndpointStats>();
  for (const { endpoints } of live) {
    for (const one of endpoints) {
      const key = JSON.stringify([one.service, one.host, one.port]);
      const before = worst.get(key);
      if (before === undefined || worstFirst.indexOf(one.state) < worstFirst.indexOf(before.state))
        worst.set(key, one);
    }
  }
  return [...worst.values()];
}

function added(
  into: Record<string, number>,
  counts: Readonly<Record<string, number>>,
): Record<string, number> {
  for (const [key, count] of Object.entries(counts)) into[key] = (into[key] ?? 0) + count;
  return into;
}
