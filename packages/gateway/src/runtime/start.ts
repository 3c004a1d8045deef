/** Starts the data plane, in this process or in workers. */
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { WorkerPool } from '../worker/worker-pool.ts';
import type { DataPlane, DataPlaneLog } from './data-plane.ts';
import { LocalDataPlane } from './local.ts';

export interface DataPlaneOptions {
  /** Worker processes; 0 serves in this process. */
  readonly workers: number;
  readonly log: DataPlaneLog;
  readonly clock?: Clock;
}

export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  if (options.workers === 0)
    return new LocalDataPlane({ clock: options.clock ?? systemClock, log: options.log });
  const pool = new WorkerPool(options.workers, options.log);
  await pool.start();
  return pool;
}
