/** Which figures of a row each kind of scenario shows, in the tables for people. */

import type { Row } from './rows.ts';

/** A column's title and a row's cell in it. */
export type Column = readonly [title: string, value: (row: Row) => string];

/** A figure, or a dash where the row has none. */
export const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–';
const ratio = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(2)} ×`);

const CPU: Column = ['CPU µs/request', (row) => number(row.cpuUsPerRequest, 1)];
const RATE: Column = ['requests/s', (row) => number(row.requestsPerSecond, 0)];

const THROUGHPUT: readonly Column[] = [
  RATE,
  ['p50 ms', (row) => number(row.p50Ms, 2)],
  ['p99 ms', (row) => number(row.p99Ms, 2)],
  CPU,
];
const LATENCY: readonly Column[] = [
  ['added p50 ms', (row) => number(row.addedP50Ms, 3)],
  ['added p99 ms', (row) => number(row.addedP99Ms, 3)],
  ['p50 ms', (row) => number(row.p50Ms, 3)],
  ['p99 ms', (row) => number(row.p99Ms, 3)],
  CPU,
];
const TRANSFER: readonly Column[] = [
  ['MB/s', (row) => number(row.megabytesPerSecond, 0)],
  ['CPU s/GiB', (row) => number(row.cpuSeconds, 2)],
  ['MB/CPU s', (row) => number(row.megabytesPerCpuSecond, 0)],
];
const SLOW_STREAMS: readonly Column[] = [
  ['p99 ms alone', (row) => number(row.p99AloneMs, 3)],
  ['p99 ms beside', (row) => number(row.p99Ms, 3)],
  ['p99 growth', (row) => ratio(row.p99Growth)],
  ['p50 ms beside', (row) => number(row.p50Ms, 3)],
  CPU,
];
const GRPC: readonly Column[] = [
  RATE,
  ['mean ms', (row) => number(row.meanMs, 2)],
  ['requests/CPU s', (row) => number(row.requestsPerCpuSecond, 0)],
  CPU,
];
const RESETS: readonly Column[] = [
  ['requests/s', (row) => number(row.requestsPerSecond, 0)],
  ['resets', (row) => number(row.resets, 0)],
  ['MiB before', (row) => number(row.memoryMiB, 1)],
  ['after 1st', (row) => number(row.memoryFirstMiB, 1)],
  ['2nd', (row) => number(row.memorySecondMiB, 1)],
  ['3rd', (row) => number(row.memoryThirdMiB, 1)],
  ['growth', (row) => ratio(row.memoryGrowth)],
  CPU,
];
const CHAIN: readonly Column[] = [
  ...THROUGHPUT,
  ['bare CPU µs', (row) => number(row.bareCpuUs, 1)],
  ['÷ bare', (row) => ratio(row.timesBare)],
];
const MIRROR: readonly Column[] = [
  ['p99 ms alone', (row) => number(row.p99AloneMs, 3)],
  ['mirrored', (row) => number(row.mirroredP99Ms, 3)],
  ['growth', (row) => ratio(row.mirroredGrowth)],
  ['mirror hangs', (row) => number(row.hangingP99Ms, 3)],
  ['growth', (row) => ratio(row.hangingGrowth)],
  ['alone ÷ alone', (row) => ratio(row.noise)],
  ['copies arrived', (row) => number((row.copied ?? 0) * 100, 1)],
  ['MiB more', (row) => number(row.hangingMoreMiB, 1)],
  CPU,
];
const SCALE: readonly Column[] = [
  ['load s', (row) => number(row.loadSeconds, 2)],
  ['live ms', (row) => number(row.liveMs, 0)],
  ['typical', (row) => number(row.typicalLiveMs, 0)],
  ['stall ms', (row) => number(row.stallMs, 1)],
  ['of it CPU', (row) => number(row.stallCpuMs, 1)],
  ['without change', (row) => number(row.quietStallMs, 1)],
  ['main MiB', (row) => number(row.mainMiB, 0)],
  ['worker MiB', (row) => number(row.workerMiB, 0)],
];
const PRISM: readonly Column[] = [
  ['CPU s/look', (row) => number(row.lookCpuSeconds, 3)],
  ['looks/s', (row) => number(row.requestsPerSecond, 2)],
  ['MiB after ten', (row) => number(row.residentMiB, 1)],
  ['tag live s', (row) => number(row.tagLiveMs && row.tagLiveMs / 1000, 1)],
];
const RATIOS: readonly Column[] = [
  ['CPU ÷ haproxy', (row) => ratio(row.timesHaproxy)],
  ['CPU ÷ caddy', (row) => ratio(row.timesCaddy)],
];
const H1: Column = ['÷ haproxy pair-h1', (row) => ratio(row.timesHaproxyH1)];
const UPLINK: Column = ['uplink connections', (row) => number(row.uplinkConnections, 0)];
const COMMON: readonly Column[] = [
  ['peak MiB', (row) => number(row.peakMemoryMiB, 1)],
  ['errors', (row) => String(row.errors)],
];

/** The columns for a scenario whose rows are `rows`. */
export function columnsFor(rows: readonly Row[]): Column[] {
  const pair = rows.some((row) => row.uplinkConnections !== undefined);
  const beside = rows.some((row) => row.timesHaproxyH1 !== undefined);
  return [...own(rows[0]), ...RATIOS, ...(beside ? [H1] : []), ...(pair ? [UPLINK] : []), ...COMMON];
}

function own(row: Row | undefined): readonly Column[] {
  if (row?.timesBare !== undefined) return CHAIN;
  if (row?.mirroredGrowth !== undefined) return MIRROR;
  if (row?.lookCpuSeconds !== undefined) return PRISM;
  if (row?.liveMs !== undefined) return SCALE;
  if (row?.addedP50Ms !== undefined) return LATENCY;
  if (row?.cpuSeconds !== undefined) return TRANSFER;
  if (row?.p99Growth !== undefined) return SLOW_STREAMS;
  if (row?.requestsPerCpuSecond !== undefined) return GRPC;
  return row?.memoryGrowth === undefined ? THROUGHPUT : RESETS;
}
