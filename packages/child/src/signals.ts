/** What SIGTERM and SIGINT mean: the first one stops gracefully, a second one stops now. */
import type { Log } from '@ficus/common/log.ts';

export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Calls `close` at the first signal and exits with 0 when it is done (1 when it failed); a second signal exits with 1
 * at once. Returns the function that takes the listeners away.
 */
export function stopOnSignals(
  close: () => Promise<unknown>,
  log: Log,
  source: SignalSource = process,
): () => void {
  let stopping = false;
  const handle = (signal: string) => {
    if (stopping) {
      log.warn({ signal }, 'second signal: stopping now');
      source.exit(1);
      return;
    }
    stopping = true;
    log.info({ signal }, 'stopping gracefully');
    close().then(
      () => source.exit(0),
      (err: unknown) => {
        log.error({ err }, 'graceful stop failed');
        source.exit(1);
      },
    );
  };
  const term = () => handle('SIGTERM');
  const int = () => handle('SIGINT');
  source.on('SIGTERM', term);
  source.on('SIGINT', int);
  return () => {
    source.off('SIGTERM', term);
    source.off('SIGINT', int);
  };
}
