/** Waits until a started gateway answers. */

import { setTimeout as delay } from 'node:timers/promises';
import { BenchError } from './bench-error.ts';
import { type Started, tail } from './sandbox.ts';

/** How long a gateway has from its start to its first 200, milliseconds. */
const READY_DEADLINE_MS = 20_000;
const POLL_MS = 50;

/** Polls `url` until it answers 200. Throws a BenchError with the process's own words when one ends or time is up. */
export async function untilReady(name: string, url: string, processes: readonly Started[]): Promise<void> {
  await until(name, processes, async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200 ? undefined : `${url} answers ${response.status}`;
  });
}

/**
 * Repeats `attempt` until it returns undefined; what it returns or throws otherwise is the reason it isn't ready.
 * Throws a BenchError when a process ends or `withinMs` (default 20 s) passes.
 */
export async function until(
  name: string,
  processes: readonly Started[],
  attempt: () => Promise<string | undefined>,
  withinMs = READY_DEADLINE_MS,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const reason = await attempt().catch(String);
    if (reason === undefined) return;
    const ended = processes.some((process) => process.hasEnded());
    if (ended || performance.now() > deadline) {
      const words = processes.map((process) => tail(Object.values(process.output()).join('\n'))).join('\n');
      throw new BenchError(`${name} ${ended ? 'ended' : 'is not ready in time'} (${reason}): ${words}`);
    }
    await delay(POLL_MS);
  }
}
