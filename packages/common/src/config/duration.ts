/** Go's durations, as Traefik's configuration writes them, to and from milliseconds. */

/** Marks a schema whose values are durations. */
export const durationFormat = 'duration';

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Longest duration that a timer can wait for (2³¹ − 1 ms, almost 25 days) times 40: about 1000 days. */
const longest = 1000 * 24 * 3_600_000;

/**
 * Milliseconds of `"1m30s"`, `"500ms"`, `"1.5h"`, `"0"`, or of a whole number of seconds (`10` or `"10"`).
 * Undefined when it is none, or is over 1000 days. A leading `-` makes it negative, as in Go.
 */
export function parseDuration(written: string | number): number | undefined {
  if (typeof written === 'number') {
    return Number.isInteger(written) && Math.abs(written) <= longest / 1000 ? written * 1000 : undefined;
  }
  if (written.length > 64) return undefined;
  if (/^[-+]?\d+$/.test(written)) return parseDuration(Number(written));
  const text = written.replace(/^[-+]/, '');
  let total = 0;
  part.lastIndex = 0;
  do {
    const match = part.exec(text);
    if (match === null) return undefined;
    total += Number(match[1]) * (units[match[2] as string] as number);
    if (total > longest) return undefined;
  } while (part.lastIndex < text.length);
  const rounded = Math.round(total * 1e6) / 1e6;
  return written.startsWith('-') && rounded !== 0 ? -rounded : rounded;
}

/** The shortest usual form: `90000` is `1m30s`, `500` is `500ms`, `0` is `0s`. Whole milliseconds only. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms === 0) return '0s';
  let rest = Math.round(ms);
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = units[unit] as number;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
