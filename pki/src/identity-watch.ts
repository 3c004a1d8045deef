/** Follows a node's identity: tells when a new one is in force. */

import { watch } from 'node:fs';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { currentGeneration, type LoadedIdentity, loadIdentity } from './node-identity.ts';

/** How often to look without being told, for file systems that tell nothing. Milliseconds. */
const pollMs = 30_000;

/**
 * Calls `onChange` with each identity put in force after this call; one that cannot be loaded goes to `onError` and
 * the one in hand stays good. So does one that `onChange` rejects; both are tried again, at the latest after 30 s.
 * Returns the function that stops it. Keeps no process alive.
 */
export async function watchIdentity(
  directory: string,
  onChange: (identity: LoadedIdentity) => void | Promise<void>,
  options: { readonly onError?: (error: FicusError) => void; readonly clock?: Clock } = {},
): Promise<() => void> {
  const { onError = () => {}, clock = systemClock } = options;
  let reported = '';
  let seen = await currentGeneration(directory);
  let stopped = false;
  let again = false;
  let running = false;
  let cancelPoll = (): void => {};

  const look = async (): Promise<void> => {
    const name = await currentGeneration(directory);
    if (name === undefined || name === seen || stopped) return;
    const identity = await loadIdentity(directory);
    if (stopped) return;
    await onChange(identity);
    reported = '';
    seen = name;
  };
  // A broken identity is looked at again with every event, and told once.
  const report = (cause: unknown): void => {
    const error = asFicusError(cause);
    if (error.message !== reported && !stopped) onError(error);
    reported = error.message;
  };
  // One look at a time, and one more when something happened meanwhile: a late answer never replaces a newer one.
  const run = async (): Promise<void> => {
    again = true;
    if (running) return;
    running = true;
    while (again && !stopped) {
      again = false;
      await look().catch(report);
    }
    running = false;
  };
  const poll = (): void => {
    cancelPoll = clock.after(pollMs, () => {
      void run();
      if (!stopped) poll();
    });
  };
  // The directory is watched, not the link in it: a rename replaces the link and would orphan a watch on it.
  const watcher = watch(directory, { persistent: false }, () => void run());
  watcher.on('error', (error) => onError(asFicusError(error)));
  poll();
  // What was put in force between reading `seen` and the watch would else wait for the poll.
  void run();
  return () => {
    stopped = true;
    cancelPoll();
    watcher.close();
  };
}

function asFicusError(error: unknown): FicusError {
  if (error instanceof FicusError) return error;
  return new FicusError('identity.watch', 'cannot follow the node’s identity on disk', { cause: error });
}
