/** Slows down whoever guesses: after a few failures in a minute, a source has to wait. */
import { isIPv6 } from 'node:net';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';

export interface FailureLimit {
  /** Throws `join.too-many-failures` (429) while `source` is over the limit. */
  check(source: string): void;
  failed(source: string): void;
}

/** At most `most` failures a window from one source; at most `sources` are remembered, the oldest go first. */
export function failureLimit(
  clock: Clock,
  {
    most = 5,
    windowMs = 60_000,
    sources = 10_000,
  }: { most?: number; windowMs?: number; sources?: number } = {},
): FailureLimit {
  const windows = new Map<string, { since: number; count: number }>();

  function current(key: string): { since: number; count: number } | undefined {
    const window = windows.get(key);
    if (window !== undefined && clock.monotonic() - window.since < windowMs) return window;
    windows.delete(key);
    return undefined;
  }

  return {
    check(source) {
      const window = current(sourceKey(source));
      if (window === undefined || window.count < most) return;
      const seconds = Math.ceil((window.since + windowMs - clock.monotonic()) / 1000);
      throw new FicusError(
        'join.too-many-failures',
        `want at most ${most} failed tries in ${windowMs / 1000} s from ${source}, found more`,
        { status: 429, remedy: `try again in ${seconds} s, with a token that is still good` },
      );
    },
    failed(source) {
      const key = sourceKey(source);
      const window = current(key);
      if (window !== undefined) {
        window.count += 1;
        return;
      }
      if (windows.size >= sources) windows.delete(windows.keys().next().value as string);
      windows.set(key, { since: clock.monotonic(), count: 1 });
    },
  };
}

/** An IPv6 source is its /64: one host has that many addresses to itself. */
export function sourceKey(source: string): string {
  if (!isIPv6(source)) return source;
  const [head = '', tail] = (source.split('%')[0] as string).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':');
}
