/**
 * Tells systemd how this process is: starting, serving, still alive, stopping (sd_notify(3)). Its socket takes datagrams, which
 * Node cannot send on one of that kind, so `systemd-notify` says it; the unit needs `NotifyAccess=all`.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../clock.ts';
import type { LogLine } from '../log.ts';

/** Says `VARIABLE=value` pairs; tells `done` when they are said, with what was wrong if they were not. */
export type Say = (pairs: readonly string[], done: (error?: string) => void) => void;

export interface ServiceManagerOptions {
  readonly clock: Clock;
  readonly log: LogLine;
  /** Default: this process's. The variables are taken out, so that helper processes do not have them. */
  readonly env?: Record<string, string | undefined>;
  /** Default: this process's. */
  readonly pid?: number;
  /** Default: `systemd-notify`. */
  readonly say?: Say;
}

export interface ServiceManager {
  /** It serves: from now on the watchdog counts. */
  ready(): void;
  /** It drains and will end. */
  stopping(): void;
}

/** Between two requests for more time to start, when there is no watchdog whose pace to keep. Milliseconds. */
const startingMs = 15_000;

/**
 * Undefined when no service manager wants to know. Until `ready` it asks for time to start, half the watchdog's interval apart, as
 * long as the event loop turns; after it, it says at the same pace that it is alive. An event loop that hangs says nothing, and
 * systemd starts the process again.
 */
export function serviceManager(options: ServiceManagerOptions): ServiceManager | undefined {
  const { clock, log, env = process.env, pid = process.pid } = options;
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return undefined;
  const say = options.say ?? systemdNotify(NOTIFY_SOCKET);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];

  const own = WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
  const watchdogMs = own ? Number(WATCHDOG_USEC ?? 0) / 1000 : 0;
  const watched = Number.isFinite(watchdogMs) && watchdogMs > 0;
  const everyMs = watched ? watchdogMs / 2 : startingMs;
  let state: 'starting' | 'serving' | 'stopping' = 'starting';
  let speaking = false;
  let complained = false;
  const waiting: string[][] = [];

  const speak = (...pairs: string[]) => {
    waiting.push(pairs);
    if (!speaking) next();
  };
  // In order, one at a time.
  const next = () => {
    const pairs = waiting.shift();
    speaking = pairs !== undefined;
    if (pairs === undefined) return;
    say(pairs, (error) => {
      if (error !== undefined && !complained) {
        complained = true;
        log('warn', 'systemd was not told how this service is', { reason: error });
      }
      next();
    });
  };
  const tick = () => {
    clock.after(everyMs, tick);
    // A pile of what could not be said would be said too late.
    if (speaking) return;
    if (state === 'starting') speak(`EXTEND_TIMEOUT_USEC=${Math.ceil(everyMs * 4000)}`);
    else if (watched) speak('WATCHDOG=1');
  };
  clock.after(everyMs, tick);
  return {
    ready() {
      state = 'serving';
      speak('READY=1', 'STATUS=serving');
    },
    stopping() {
      state = 'stopping';
      speak('STOPPING=1', 'STATUS=stopping: requests in flight are served');
    },
  };
}

function systemdNotify(socket: string): Say {
  return (pairs, done) => {
    const told = spawn('systemd-notify', [...pairs], {
      stdio: 'ignore',
      env: { ...process.env, NOTIFY_SOCKET: socket },
    });
    // It waits until systemd has heard it, and would wait for ever for one that does not listen.
    const late = setTimeout(() => told.kill('SIGKILL'), 5000);
    let over = false;
    const end = (error?: string) => {
      if (over) return;
      over = true;
      clearTimeout(late);
      done(error);
    };
    told.once('error', (error) => end(error.message));
    told.once('exit', (code, signal) =>
      end(code === 0 ? undefined : `systemd-notify: ${signal ?? `exit code ${code}`}`),
    );
    told.unref();
    late.unref();
  };
}
