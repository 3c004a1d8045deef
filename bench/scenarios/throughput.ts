/** As many small requests as go through over keep-alive connections, driven by wrk. */

import { usageOf } from '../cpu.ts';
import type { Sample } from '../rows.ts';
import { runWrk } from '../wrk.ts';
import type { Bench } from './scenario.ts';

export async function measureThroughput({ sandbox, gateway, load }: Bench): Promise<Sample> {
  const { connections } = load;
  if (load.warmupSeconds > 0) {
    await runWrk(sandbox, gateway.url, { seconds: load.warmupSeconds, connections });
  }
  const before = usageOf(gateway.pids);
  const result = await runWrk(sandbox, gateway.url, { seconds: load.seconds, connections });
  const after = usageOf(gateway.pids);
  return {
    requestsPerSecond: result.requestsPerSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuUsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / result.requests,
    peakMemoryMiB: after.peakMemoryMiB,
    errors: result.errors,
  };
}
