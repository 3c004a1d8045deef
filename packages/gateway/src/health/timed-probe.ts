/** Bounds a probe in time: one result, at the latest when the check's timeout is over. */
import type { Clock } from '@ficus/common/clock.ts';
import type { ProbeResult, StartProbe } from './http-verdict.ts';

/**
 * Starts `start` with `timeoutMs` to go. `done` is called exactly once, unless the returned function cancels it first.
 * A timer of its own: the data plane's coarse deadlines may come a quarter of a second early, which a check must not.
 */
export function timedProbe(
  clock: Clock,
  timeoutMs: number,
  start: StartProbe,
  done: (result: ProbeResult) => void,
): () => void {
  let over = false;
  let cancel: (() => void) | undefined;
  const end = () => {
    over = true;
    cancelTimer();
    cancel?.();
  };
  const settle = (result: ProbeResult) => {
    if (over) return;
    end();
    done(result);
  };
  const cancelTimer = clock.after(timeoutMs, () =>
    settle({ up: false, reason: `no answer within ${timeoutMs} ms` }),
  );
  cancel = start(settle);
  // Settled before there was anything to cancel.
  if (over) cancel();
  return end;
}
