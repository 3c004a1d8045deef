/** A child that was never joined joins by itself, and does not give up: nobody may be there to start it again. */
import type { Clock } from '@ficus/common/clock.ts';
import type { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import { watchFile } from '../workloads/watch-file.ts';
import { enrolInProcess } from './enrol-process.ts';
import type { JoinByFile } from './join-by-file.ts';

export interface JoinAtStartOptions {
  /** What the configuration says; read anew before each try. Rejecting counts as a try that failed. */
  readonly task: () => Promise<JoinByFile>;
  /** Files whose change is worth a try at once, beside the token's. */
  readonly configFile: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** For tests; default: in a process of its own. */
  readonly join?: (task: JoinByFile, signal: AbortSignal) => Promise<void>;
}

const firstWaitMs = 2000;
const mostWaitMs = 60_000;
/** A refusal stays one until somebody brings another token, and the parent counts them against this address. */
const refusedWaitMs = 30_000;
const mostRefusedWaitMs = 300_000;

/**
 * Resolves once joined. Each failure is one line that says what to do and when it is tried again: with growing time between,
 * and at once when the token's file or the configuration changes. Rejects only when `signal` aborts.
 */
export async function joinAtStart(options: JoinAtStartOptions): Promise<void> {
  const { clock, log, signal } = options;
  const attempt = options.join ?? ((joining, ending) => enrolInProcess({ kind: 'join', ...joining }, ending));
  let task = await options.task();
  // Timers of the clock keep no process alive, and nothing else is there yet that would.
  const alive = setInterval(() => {}, 2 ** 30);
  let wake = (): void => {};
  const stopWatches = [task.tokenFile, options.configFile].map((file) =>
    watchFile(file, clock, () => wake()),
  );
  try {
    log.info({ parent: task.url }, 'not joined yet: joining');
    for (let failures = 0; ; failures++) {
      signal.throwIfAborted();
      const error = await tryOnce().then(
        () => undefined,
        (reason: unknown) => reason as FicusError,
      );
      if (error === undefined || error.code === 'join.token-stays') {
        if (error !== undefined) log.warn({ err: error }, 'joined');
        else log.info({ parent: task.url }, 'joined');
        return;
      }
      signal.throwIfAborted();
      const waitMs = waitFor(error, failures);
      log.error({ err: error, parent: task.url, againInMs: waitMs }, 'not joined: trying again');
      await new Promise<void>((resolve) => {
        const cancel = clock.after(waitMs, resolve);
        wake = () => {
          cancel();
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
      });
      signal.removeEventListener('abort', wake);
    }
  } finally {
    clearInterval(alive);
    for (const stop of stopWatches) stop();
  }

  async function tryOnce(): Promise<void> {
    task = await options.task();
    await attempt(task, signal);
  }
}

/** With up to a quarter less, so that machines that were started together do not ask together. */
function waitFor({ code }: FicusError, failures: number): number {
  const refused = /^(?:token|csr|child)\.|^join\.(?:too-many-failures|no-token|pin-mismatch)/.test(code);
  const [first, most] = refused ? [refusedWaitMs, mostRefusedWaitMs] : [firstWaitMs, mostWaitMs];
  return Math.round(Math.min(most, first * 1.7 ** failures) * (1 - Math.random() / 4));
}
