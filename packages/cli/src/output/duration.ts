/** Durations and ages as people write and read them. */
import { usageError } from './failure.ts';

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `15m`, `1h30m` or plain seconds, as a number of seconds; anything else is a usage error about `option`. */
export function parseSeconds(text: string, option: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (/^(?:\d{1,9}[smh])+$/.test(text)) {
    const parts = text.match(/\d+[smh]/g) ?? [];
    return parts.reduce(
      (sum, part) => sum + Number(part.slice(0, -1)) * (unitSeconds[part.slice(-1)] ?? 0),
      0,
    );
  }
  throw usageError(`${option} wants a duration, got "${text}"`, 'write it as 90s, 15m or 1h');
}

/** How long ago or ahead, roughly: `12 s`, `4 min`, `3 h`, `2 d`. */
export function roughly(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 120) return `${Math.round(seconds)} s`;
  if (size < 7200) return `${Math.round(seconds / 60)} min`;
  if (size < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** An ISO 8601 time from now: `in 14 min`, `3 h ago`. */
export function fromNow(iso: string, now: number): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  if (Number.isNaN(seconds)) return iso;
  return seconds >= 0 ? `in ${roughly(seconds)}` : `${roughly(-seconds)} ago`;
}
