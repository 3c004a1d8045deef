/** Shares of errors and latencies as people read them. */
import type { LatencyBound } from '@ficus/common/api/mirrors.ts';

/** `≤ 20 ms`, `> 5 s`. */
export function latency(bound: LatencyBound | undefined): string | undefined {
  if (bound === undefined) return undefined;
  return 'atMostMs' in bound ? `≤ ${time(bound.atMostMs)}` : `> ${time(bound.moreThanMs)}`;
}

/** `0.0004` as `0.04 %`: a little is never shown as nothing. */
export function errorShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  return `${Number(percent.toFixed(percent < 1 ? 2 : 1))} %`;
}

function time(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
