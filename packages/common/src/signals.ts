/** What signals mean to a node: SIGTERM and SIGINT stop gracefully (again: now), SIGHUP rolls the workers. */
import type { LogLine } from './log.ts';

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';
/** The process, or a stand-in for it in a test. */
export interface SignalSource {
  on(signal: Signal, listener: () => void): unknown;
  off(signal: Signal, listener: () => void): unknown;
  exit(code: number): void;
}

export interface SignalActions {
  /** Stops gracefully; called once. */
  close(): Promise<unknown>;
  /** Replaces the workers one by one. A node without workers does nothing here, and still must not die of it. */
  rollWorkers(): Promise<unknown>;
}

/**
 * Exits with 0 after a graceful stop, with 1 when it failed or was cut short. SIGHUP while stopping does nothing.
 * Returns what takes the listeners away.
 */
export function onSignals(actions: SignalActions, log: LogLine, source: SignalSource = process): () => void {
  let stopping = false;
  const stop = () => {
    if (stopping) {
      log('warn', 'second signal: stopping now');
      source.exit(1);
      return;
    }
    stopping = true;
    log('info', 'stopping gracefully');
    actions.close().then(
      () => source.exit(0),
      (error: unknown) => {
        log('error', 'graceful stop failed', { error });
        source.exit(1);
      },
    );
  };
  const roll = () => {
    if (stopping) return;
    log('info', 'rolling the workers');
    actions.rollWorkers().catch((error: unknown) => log('error', 'workers could not be rolled', { error }));
  };
  const listeners: readonly (readonly [Signal, () => void])[] = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
    ['SIGHUP', roll],
  ];
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) source.off(signal, listener);
  };
}
