/** Waits for a gateway to come to rest: its memory after load, its CPU once buffers are full. */

import { setTimeout as delay } from 'node:timers/promises';
import { residentOf, usageOf } from './cpu.ts';

const POLL_MS = 250;
/** A fall smaller than this is no news, as a share. */
const NEWS = 0.005;
/** Longer than V8 (8 s) and Go wait before they collect an idle heap, milliseconds. */
const QUIET_MS = 12_000;
const DEADLINE_MS = 60_000;

/** The lowest resident memory of the process trees, MiB, once it has not fallen for a while. */
export async function settledMemory(pids: readonly number[]): Promise<number> {
  let lowest = residentOf(pids);
  let news = performance.now();
  const deadline = news + DEADLINE_MS;
  for (;;) {
    const now = performance.now();
    if (now - news > QUIET_MS || now > deadline) return lowest;
    await delay(POLL_MS);
    const resident = residentOf(pids);
    if (resident < lowest * (1 - NEWS)) {
      lowest = resident;
      news = performance.now();
    }
  }
}

/** This much of a core is rest, over a second. */
const REST = 0.05;
const REST_DEADLINE_MS = 30_000;

/** Resolves when the process trees use next to no CPU, or after half a minute: what they still do then is their own. */
export async function untilQuiet(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + REST_DEADLINE_MS;
  for (let used = usageOf(pids).cpuSeconds; performance.now() < deadline; ) {
    await delay(1_000);
    const now = usageOf(pids).cpuSeconds;
    if (now - used < REST) return;
    used = now;
  }
}
