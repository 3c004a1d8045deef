/** Durations as Go writes them. */

/** `ms` as Go's `Duration.String` has it: `1m30.5s`, `83.333333ms`, `0s`. */
export function goDuration(ms: number): string {
  let nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds <= 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${trimmed(nanoseconds / 1e3, 3)}µs`;
  if (nanoseconds < 1e9) return `${trimmed(nanoseconds / 1e6, 6)}ms`;
  let text = '';
  const hours = Math.floor(nanoseconds / 3.6e12);
  nanoseconds -= hours * 3.6e12;
  const minutes = Math.floor(nanoseconds / 6e10);
  nanoseconds -= minutes * 6e10;
  if (hours > 0) text = `${hours}h`;
  if (hours > 0 || minutes > 0) text += `${minutes}m`;
  return `${text}${trimmed(nanoseconds / 1e9, 9)}s`;
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/(?:\.0*|(\.\d*?)0+)$/, '$1');
}
