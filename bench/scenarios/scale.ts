/** Ten thousand routers: how long they take to load, and what happens to requests while one of them changes. */

import { setTimeout as delay } from 'node:timers/promises';
import { BenchError } from '../bench-error.ts';
import { listProcesses, peakMemoryOf, usageOf } from '../cpu.ts';
import { delaysOf, longestDelay } from '../loop-delays.ts';
import type { Sample } from '../rows.ts';
import { median } from '../stats.ts';
import { holdersOf } from '../worker-connections.ts';
import { Askers } from './scale-askers.ts';
import { ANSWERS, type ManyRouters, startManyRouters } from './scale-gateway.ts';
import type { Stage } from './scenario.ts';

const WORKERS = 2;
/** Connections of every worker, at least. */
const CONNECTIONS = 6;
const QUIET_MS = 2_000;
/** After a change is live: garbage is still collected and old pools are closed. */
const AFTER_MS = 1_000;
const LIVE_DEADLINE_MS = 10_000;
/** A router gets another service, that service another endpoint, and the same back; twice. */
const CHANGES = ['router', 'service', 'router', 'start', 'router', 'service', 'router', 'start'] as const;

export async function measureScale({ sandbox }: Stage): Promise<Sample> {
  const gateway = await startManyRouters(sandbox, WORKERS);
  const askers = new Askers(gateway.url);
  try {
    const workers = listProcesses()
      .filter(({ parent }) => parent === gateway.pid)
      .map(({ pid }) => pid);
    await connectToAll(askers, gateway, workers);
    const before = usageOf([gateway.pid]);
    askers.start();
    const quiet = await stallDuring(gateway, workers, () => delay(QUIET_MS));
    const lives: number[] = [];
    const stalls: Stall[] = [];
    for (const change of CHANGES) {
      stalls.push(
        await stallDuring(gateway, workers, async () => {
          lives.push(await untilLive(askers, gateway.change(change), ANSWERS[change]));
          await delay(AFTER_MS);
        }),
      );
    }
    const { requests, errors, seconds } = await askers.stop();
    const after = usageOf([gateway.pid]);
    return {
      requestsPerSecond: requests / seconds,
      cpuUsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / requests,
      peakMemoryMiB: after.peakMemoryMiB,
      errors,
      loadSeconds: gateway.loadSeconds,
      liveMs: Math.max(...lives),
      typicalLiveMs: median(lives),
      stallMs: Math.max(...stalls.map(({ longest }) => longest)),
      stallCpuMs: Math.max(...stalls.map(({ busiest }) => busiest)),
      quietStallMs: quiet.longest,
      mainMiB: peakMemoryOf(gateway.pid),
      workerMiB: Math.max(...workers.map(peakMemoryOf)),
    };
  } finally {
    askers.close();
    await gateway.stop();
  }
}

/** Opens connections until each worker has some: only then is a change that all of them see in every worker. */
async function connectToAll(askers: Askers, gateway: ManyRouters, workers: readonly number[]): Promise<void> {
  if (workers.length !== WORKERS) throw new BenchError(`${workers.length} of ${WORKERS} workers are there`);
  for (let tries = 0; tries < 10; tries += 1) {
    await askers.open(WORKERS * CONNECTIONS);
    const holders = [...holdersOf(gateway.port, workers).values()];
    if (workers.every((pid) => holders.filter((holder) => holder === pid).length >= CONNECTIONS)) return;
  }
  throw new BenchError(`a worker has fewer than ${CONNECTIONS} of ${askers.count} connections`);
}

type Stall = ReturnType<typeof longestDelay>;

/** The longest time that a worker's event loop did not turn while `during` ran, and the most CPU it used in such a time. */
async function stallDuring(
  { delays }: ManyRouters,
  workers: readonly number[],
  during: () => Promise<void>,
): Promise<Stall> {
  const begin = Date.now();
  await during();
  const end = Date.now();
  await delay(100); // the last window is written
  const found = workers.map((pid) => longestDelay(delaysOf(delays, pid), begin, end));
  return {
    longest: Math.max(...found.map(({ longest }) => longest)),
    busiest: Math.max(...found.map(({ busiest }) => busiest)),
  };
}

/** Milliseconds from `changedAt` until the last connection had its first new answer. */
async function untilLive(askers: Askers, changedAt: number, answer: string): Promise<number> {
  while (performance.now() < changedAt + LIVE_DEADLINE_MS) {
    const live = askers.allAnsweredSince(answer);
    if (live !== undefined) return live - changedAt;
    await delay(2);
  }
  throw new BenchError(`a change was not live within ${LIVE_DEADLINE_MS} ms`);
}
