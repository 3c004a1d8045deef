/** What a mirror does to the client: p99 of 1 KiB POSTs at a fixed rate without a mirror, with one, and with one that hangs. */

import { resolve } from 'node:path';
import { cores } from '../cores.ts';
import { usageOf } from '../cpu.ts';
import { startCountingEndpoint, startHangingEndpoint } from '../endpoint.ts';
import type { FixedRateResult } from '../load/fixed-rate.ts';
import type { RunningGateway } from '../peers/gateway.ts';
import type { Sample } from '../rows.ts';
import { median } from '../stats.ts';
import { runWrk } from '../wrk.ts';
import type { Stage } from './scenario.ts';

/** Requests a second: far from what a worker can do, so p99 is no queue of ours. */
const RATE = 1_000;
const BODY_BYTES = 1_024;
const CONNECTIONS = 32;
/** The load's own: connections are opened and its code is compiled. */
const CLIENT_WARM_UP = 1;
/** Each measures all three, so that what else the machine does falls on all of them. */
const PASSES = 3;
const CLIENT = resolve(import.meta.dirname, '../load/fixed-rate.ts');

type Kind = 'alone' | 'mirrored' | 'hanging';

export async function measureMirror({ sandbox, load, start }: Stage): Promise<Sample> {
  const mirror = await startCountingEndpoint(sandbox);
  const stuck = await startHangingEndpoint(sandbox);
  try {
    const alone = await start({ kind: 'plain' });
    const mirrored = await start({ kind: 'mirrored', mirrorPort: mirror.port });
    const hanging = await start({ kind: 'mirrored', mirrorPort: stuck.port });
    const drive = async ({ url }: RunningGateway): Promise<FixedRateResult> => {
      const figures = [RATE, load.seconds, CLIENT_WARM_UP, CONNECTIONS, BODY_BYTES].map(String);
      const args = [CLIENT, url, ...figures];
      return JSON.parse(await sandbox.run(process.execPath, args, { core: cores.load }));
    };
    for (const { url } of [alone, mirrored, hanging]) {
      // At the fixed rate alone code would still be compiled in the one run and not in the other.
      const wrk = { seconds: load.warmupSeconds, connections: CONNECTIONS, body: 'f'.repeat(BODY_BYTES) };
      if (load.warmupSeconds > 0) await runWrk(sandbox, url, wrk);
    }
    const found: Record<Kind, FixedRateResult[]> = { alone: [], mirrored: [], hanging: [] };
    const copiesBefore = await mirror.requests();
    const before = usageOf(mirrored.pids);
    for (let pass = 0; pass < PASSES; pass += 1) {
      found.alone.push(await drive(alone));
      found.mirrored.push(await drive(mirrored));
      found.hanging.push(await drive(hanging));
    }
    const after = usageOf(mirrored.pids);
    const copies = (await mirror.requests()) - copiesBefore;
    const sent = PASSES * RATE * (CLIENT_WARM_UP + load.seconds);
    const p99Of = (kind: Kind): number => median(found[kind].map(({ typicalP99Ms }) => typicalP99Ms));
    const middle = (pick: (one: FixedRateResult) => number): number => median(found.mirrored.map(pick));
    const p99s = found.alone.map(({ typicalP99Ms }) => typicalP99Ms);
    const p99AloneMs = p99Of('alone');
    const peak = usageOf(hanging.pids).peakMemoryMiB;
    return {
      requestsPerSecond: middle((one) => one.requestsPerSecond),
      p50Ms: middle((one) => one.p50Ms),
      p99Ms: middle((one) => one.p99Ms),
      cpuUsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / sent,
      peakMemoryMiB: peak,
      errors: Object.values(found)
        .flat()
        .reduce((sum, { errors }) => sum + errors, 0),
      p99AloneMs,
      mirroredP99Ms: p99Of('mirrored'),
      mirroredGrowth: p99Of('mirrored') / p99AloneMs,
      hangingP99Ms: p99Of('hanging'),
      hangingGrowth: p99Of('hanging') / p99AloneMs,
      noise: Math.max(...p99s) / Math.min(...p99s),
      copied: copies / sent,
      hangingMoreMiB: peak - usageOf(alone.pids).peakMemoryMiB,
      clientLateP99Ms: middle((one) => one.lateP99Ms),
    };
  } finally {
    await Promise.all([mirror.stop(), stuck.stop()]);
  }
}
