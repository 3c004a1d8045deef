/** Latency that the gateway adds at 1,000 requests a second: through it, minus the endpoint asked directly. */

import { resolve } from 'node:path';
import { cores } from '../cores.ts';
import { usageOf } from '../cpu.ts';
import type { FixedRateResult } from '../load/fixed-rate.ts';
import type { Sample } from '../rows.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Bench, Load } from './scenario.ts';

const RATE = 1_000;
const CLIENT = resolve(import.meta.dirname, '../load/fixed-rate.ts');

export async function measureLatency({ sandbox, gateway, endpoint, load }: Bench): Promise<Sample> {
  const direct = await drive(sandbox, `http://127.0.0.1:${endpoint.port}/`, load);
  const before = usageOf(gateway.pids);
  const through = await drive(sandbox, gateway.url, load);
  const after = usageOf(gateway.pids);
  // The client's warm-up goes through the gateway too, so its requests count here.
  const requests = RATE * (load.warmupSeconds + load.seconds);
  return {
    requestsPerSecond: through.requestsPerSecond,
    p50Ms: through.p50Ms,
    p99Ms: through.p99Ms,
    cpuUsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / requests,
    peakMemoryMiB: after.peakMemoryMiB,
    errors: through.errors + direct.errors,
    addedP50Ms: through.p50Ms - direct.p50Ms,
    addedP99Ms: through.p99Ms - direct.p99Ms,
    clientLateP99Ms: through.lateP99Ms,
  };
}

async function drive(sandbox: Sandbox, url: string, load: Load): Promise<FixedRateResult> {
  const args = [CLIENT, url, String(RATE), String(load.seconds), String(load.warmupSeconds)];
  return JSON.parse(await sandbox.run(process.execPath, args, { core: cores.load }));
}
