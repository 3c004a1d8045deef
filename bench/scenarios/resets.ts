/** Memory after many streams that clients reset: 100,000 requests, one in a hundred reset, three times over. */

import { resolve } from 'node:path';
import { cores } from '../cores.ts';
import { usageOf } from '../cpu.ts';
import type { ResetsResult } from '../load/resets.ts';
import type { Sample } from '../rows.ts';
import type { Sandbox } from '../sandbox.ts';
import { settledMemory } from '../settle.ts';
import type { Bench } from './scenario.ts';

const REQUESTS = 100_000;
const SHARE = 0.01;
/**
 * As many without resets, so that code is compiled and pools and heaps have their working size: where memory begins, and what is
 * left afterwards is the resets' own. (After 20,000 a V8 heap still grows, whatever is asked of it.)
 */
const WARM_UP = REQUESTS;
const CLIENT = resolve(import.meta.dirname, '../load/resets.ts');

export async function measureResets({ sandbox, gateway }: Bench): Promise<Sample> {
  const { url, pids } = gateway;
  const warmUp = await drive(sandbox, url, WARM_UP, 0);
  const memory = [await settledMemory(pids)];
  const before = usageOf(pids);
  const passes: ResetsResult[] = [];
  // The first is the figure; the others tell a leak from a heap that had not found its size.
  for (let pass = 0; pass < 3; pass += 1) {
    passes.push(await drive(sandbox, url, REQUESTS, SHARE));
    memory.push(await settledMemory(pids));
  }
  const after = usageOf(pids);
  const [start = 0, first = 0, second = 0, third = 0] = memory;
  const seconds = passes.reduce((sum, pass) => sum + pass.seconds, 0);
  return {
    requestsPerSecond: (passes.length * REQUESTS) / seconds,
    cpuUsPerRequest: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / (passes.length * REQUESTS),
    peakMemoryMiB: after.peakMemoryMiB,
    errors: passes.reduce((sum, pass) => sum + pass.errors, warmUp.errors),
    resets: passes.reduce((sum, pass) => sum + pass.resets, 0),
    memoryMiB: start,
    memoryFirstMiB: first,
    memorySecondMiB: second,
    memoryThirdMiB: third,
    memoryGrowth: first / start,
  };
}

async function drive(sandbox: Sandbox, url: string, requests: number, share: number): Promise<ResetsResult> {
  const args = [CLIENT, url, String(requests), String(share)];
  return JSON.parse(await sandbox.run(process.execPath, args, { core: cores.load }));
}
