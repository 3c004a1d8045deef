/** Tells when one file may have changed: edited in place, replaced by rename, or behind a link that was swapped. */
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '@ficus/common/clock.ts';

/** Editors write in several steps; what comes within this long is one change. Milliseconds. */
const gatherMs = 20;
/** How often to look without being told: links into other directories and network file systems tell nothing. */
const pollMs = 1000;

/** Calls `onChange` after each change; returns the function that stops it. Keeps no process alive. */
export function watchFile(path: string, clock: Clock, onChange: () => void): () => void {
  let stopped = false;
  let cancelGather: (() => void) | undefined;
  let cancelPoll = (): void => {};
  let seen: string | undefined;

  const changed = (): void => {
    cancelGather?.();
    cancelGather = clock.after(gatherMs, () => {
      if (!stopped) onChange();
    });
  };
  const look = async (): Promise<void> => {
    const now = await stat(path).then(
      ({ ino, size, mtimeMs, ctimeMs }) => `${ino} ${size} ${mtimeMs} ${ctimeMs}`,
      () => 'missing',
    );
    if (seen !== undefined && seen !== now) changed();
    seen = now;
  };
  const poll = (): void => {
    cancelPoll = clock.after(pollMs, () => {
      void look().then(() => {
        if (!stopped) poll();
      });
    });
  };
  // The directory is watched: a rename over the file would orphan a watch on the file itself.
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(path), { persistent: false }, () => void look());
    watcher.on('error', () => watcher?.close());
  } catch {
    // No inotify watch to be had: the poll is slower and enough.
  }
  void look().then(() => {
    if (!stopped) poll();
  });
  return () => {
    stopped = true;
    cancelGather?.();
    cancelPoll();
    watcher?.close();
  };
}
