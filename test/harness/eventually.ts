/** Waiting for a condition instead of sleeping. */
import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks; short, because what is waited for is usually a few milliseconds away. */
const pollMs = 10;

/**
 * Calls `check` until it neither throws nor returns `false` or `undefined`, and returns what it returned. After `deadlineMs`
 * it throws the last failure.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  deadlineMs = 10_000,
  what = 'the condition',
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) {
      const why = failure instanceof Error ? `: ${failure.message}` : '';
      throw new Error(`${what} did not come within ${deadlineMs} ms${why}`, { cause: failure });
    }
    await pause(pollMs);
  }
}
