/** What a thousand slow streams do to fast ones on the same uplink: p99 (typical: each second's, median) at a fixed rate, without them and with them. */

import { resolve } from 'node:path';
import { BenchError } from '../bench-error.ts';
import { connectionsTo } from '../connections.ts';
import { cores } from '../cores.ts';
import { type Usage, usageOf } from '../cpu.ts';
import type { FixedRateResult } from '../load/fixed-rate.ts';
import { until } from '../ready.ts';
import type { Sample } from '../rows.ts';
import type { Started } from '../sandbox.ts';
import { untilQuiet } from '../settle.ts';
import { runWrk } from '../wrk.ts';
import type { Bench } from './scenario.ts';

/** `endpoint`: it answers a few bytes each second. `reader`: clients stop reading a large answer. */
export type Slowness = 'endpoint' | 'reader';

const SLOW_STREAMS = 1_000;
/** Fast requests a second, in turn over the connections: far from what any of the gateways can do, so p99 is no queue of ours. */
const RATE = 1_000;
/** How long the slow streams may take to begin. */
const OPEN_WITHIN_MS = 60_000;
const LOAD = resolve(import.meta.dirname, '../load');
const SLOW = {
  // Larger than all the buffers on its way.
  reader: ['stall', `bytes/${2 ** 28}`],
  endpoint: ['trickle', 'slow'],
} as const;

export async function measureSlowStreams(bench: Bench, slowness: Slowness): Promise<Sample> {
  const { sandbox, gateway, load } = bench;
  const { connections } = load;
  // At the fixed rate alone code would still be compiled in the one run and not in the other.
  if (load.warmupSeconds > 0)
    await runWrk(sandbox, gateway.url, { seconds: load.warmupSeconds, connections });
  const alone = await driveFast(bench);

  const [kind, path] = SLOW[slowness];
  const args = [`${LOAD}/slow-clients.ts`, kind, gateway.url + path, String(SLOW_STREAMS)];
  const slow = sandbox.start(process.execPath, args, { core: cores.load });
  let uplinkConnections = 0;
  let beside: FixedRateResult;
  let before: Usage;
  let after: Usage;
  try {
    await untilOpen(slow);
    if (slowness === 'reader') await untilQuiet(gateway.pids);
    uplinkConnections = connectionsTo(gateway.uplinkPort ?? 0);
    before = usageOf(gateway.pids);
    beside = await driveFast(bench);
    after = usageOf(gateway.pids);
  } finally {
    await slow.stop();
  }
  return {
    requestsPerSecond: beside.requestsPerSecond,
    p50Ms: beside.p50Ms,
    p99Ms: beside.typicalP99Ms,
    cpuUsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / (RATE * seconds(bench)),
    peakMemoryMiB: after.peakMemoryMiB,
    errors: alone.errors + beside.errors + brokenOf(slow),
    p99AloneMs: alone.typicalP99Ms,
    p99Growth: beside.typicalP99Ms / alone.typicalP99Ms,
    clientLateP99Ms: beside.lateP99Ms,
    uplinkConnections,
  };
}

/** Its own warm-up is a second: connections are opened and the client's code compiled. */
const CLIENT_WARM_UP = 1;

function seconds({ load }: Bench): number {
  return load.seconds + CLIENT_WARM_UP;
}

async function driveFast({ sandbox, gateway, load }: Bench): Promise<FixedRateResult> {
  const figures = [RATE, load.seconds, CLIENT_WARM_UP, load.connections].map(String);
  const args = [`${LOAD}/fixed-rate.ts`, gateway.url, ...figures];
  return JSON.parse(await sandbox.run(process.execPath, args, { core: cores.load }));
}

function untilOpen(slow: Started): Promise<void> {
  const begun = async (): Promise<string | undefined> => {
    const open = Number([...slow.output().stdout.matchAll(/\{"open":(\d+)\}/g)].at(-1)?.[1] ?? 0);
    return open === SLOW_STREAMS ? undefined : `${open} of ${SLOW_STREAMS} streams have begun`;
  };
  return until('the slow load', [slow], begun, OPEN_WITHIN_MS);
}

/** Slow streams that ended or broke before the bench ended them. */
function brokenOf(slow: Started): number {
  const broken = /\{"broken":(\d+)\}/.exec(slow.output().stdout)?.[1];
  if (broken === undefined) throw new BenchError('the slow clients did not say how many of them broke');
  return Number(broken);
}
