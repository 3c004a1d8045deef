/** What a child serves first: what its files say, else what it served last. */
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import type { FirstLook } from '../workloads/workload-source.ts';
import { type LastGood, readLastGood } from './last-good.ts';

/**
 * A mistake in the files is answered with the last good model, then with the part of the files that is right, and said
 * loudly. Throws the mistake when there is neither.
 */
export async function firstModel(look: FirstLook, stateDirectory: string, log: Log): Promise<LastGood> {
  if (look.good && look.usable !== undefined) return look.usable;
  const lastGood = await readLastGood(stateDirectory, log);
  if (lastGood !== undefined) {
    log.error({ err: look.problem }, 'configuration refused: serving what served last');
    return lastGood;
  }
  if (look.usable !== undefined) {
    log.error({ err: look.problem }, 'configuration has mistakes: only the part that is right serves');
    return look.usable;
  }
  throw look.problem ?? new FicusError('config.refused', 'nothing to serve');
}
