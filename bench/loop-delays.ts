/** Reads what `load/loop-delay.mjs` wrote: how long the event loops of a gateway's processes did not turn. */

import { existsSync, readFileSync } from 'node:fs';

/** One window of some 50 ms: when it ended (epoch milliseconds), the longest delay in it, and the most CPU time in one, milliseconds. */
export interface DelayWindow {
  readonly end: number;
  readonly longest: number;
  readonly busiest: number;
}

/** The environment in which each Node process, and what it forks, writes its delays to `folder`. */
export function measuringLoops(folder: string): Readonly<Record<string, string>> {
  const preload = new URL('./load/loop-delay.mjs', import.meta.url).href;
  return { NODE_OPTIONS: `--import=${preload}`, LOOP_DELAYS: folder };
}

/** What the process wrote so far; nothing, when it wrote nothing. */
export function delaysOf(folder: string, pid: number): DelayWindow[] {
  const file = `${folder}/${pid}`;
  return existsSync(file) ? parseDelays(readFileSync(file, 'utf8')) : [];
}

/** Reads the lines; one that is only half written is left out. */
export function parseDelays(text: string): DelayWindow[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [end = Number.NaN, longest = Number.NaN, busiest = Number.NaN] = line.split(' ').map(Number);
      return { end, longest, busiest };
    });
}

/** Of the windows that end within the span. A RangeError when there are none: then nothing was measured. */
export function longestDelay(
  windows: readonly DelayWindow[],
  begin: number,
  end: number,
): Pick<DelayWindow, 'longest' | 'busiest'> {
  const within = windows.filter((window) => window.end >= begin && window.end <= end);
  if (within.length === 0) throw new RangeError('no delays were measured in that time');
  return {
    longest: Math.max(...within.map(({ longest }) => longest)),
    busiest: Math.max(...within.map(({ busiest }) => busiest)),
  };
}
