/** Starts the data plane, in this process or in workers. */
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import type { AccessLogOptions } from '../access-log/options.ts';
import type { DataPlane, DataPlaneLog } from './data-plane.ts';

export interface DataPlaneOptions {
  /** Worker processes; 0 serves in this process. */
  readonly workers: number;
  readonly log: DataPlaneLog;
  readonly clock?: Clock;
  /** Default: no access log. Each process that serves writes its own lines; SIGUSR1 reopens the file. */
  readonly accessLog?: AccessLogOptions | undefined;
}

/** Throws `access-log.unwritable` before any process is started. */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { workers, log, clock = systemClock, accessLog: logOptions } = options;
  if (workers === 0) {
    // Loaded only when wanted, for the memory of processes that don't serve, or have no access log.
    const { LocalDataPlane } = await import('./local.ts');
    const accessLog =
      logOptions === undefined
        ? undefined
        : new (await import('../access-log/access-log.ts')).AccessLog(logOptions, clock, log);
    const plane = new LocalDataPlane({ clock, log, accessLog });
    return accessLog === undefined ? plane : reopening(plane, () => accessLog.reopen());
  }
  if (logOptions !== undefined && logOptions.filePath !== '') {
    (await import('node:fs')).closeSync(
      (await import('../access-log/line-writer.ts')).openLog(logOptions.filePath),
    );
  }
  const { WorkerPool } = await import('../worker/worker-pool.ts');
  const pool = new WorkerPool(workers, log, logOptions);
  await pool.start();
  return logOptions === undefined ? pool : reopening(pool, () => pool.reopenAccessLog());
}

/** Hears SIGUSR1, as log rotation sends it, until `plane` has drained. */
function reopening<P extends DataPlane>(plane: P, reopen: () => void): P {
  process.on('SIGUSR1', reopen);
  const drain = plane.drain.bind(plane);
  plane.drain = (options) => drain(options).finally(() => process.off('SIGUSR1', reopen));
  return plane;
}
