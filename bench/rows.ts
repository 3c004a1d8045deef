/** The benchmark's figures: one sample per round, one row per scenario and gateway. */

import { median } from './stats.ts';

/** What every scenario measures, in every round. For a transfer, a request is the whole transfer. */
export interface Sample {
  readonly requestsPerSecond: number;
  /** Not where the client tells only its mean (`grpc`) or only totals (`resets`). */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly meanMs?: number;
  /** User + system of all the gateway's processes, divided by completed requests. */
  readonly cpuUsPerRequest: number;
  /** VmHWM of all the gateway's processes, summed. */
  readonly peakMemoryMiB: number;
  /** Failed requests; the row has their sum and not their median. */
  readonly errors: number;
  /** `latency` only: p50 and p99 minus those of the endpoint asked directly in the same round. */
  readonly addedP50Ms?: number;
  readonly addedP99Ms?: number;
  /** `latency` only: how late the client itself sent (its timer), for judging the figures. */
  readonly clientLateP99Ms?: number;
  /** Transfers only: 10^6 bytes a second, CPU per 1 GiB, and the one divided by the other. */
  readonly megabytesPerSecond?: number;
  readonly cpuSeconds?: number;
  readonly megabytesPerCpuSecond?: number;
  /** `slow-streams` only: p99 before the slow ones came, and `p99Ms`, beside them, divided by it. */
  readonly p99AloneMs?: number;
  readonly p99Growth?: number;
  /** `grpc` only. */
  readonly requestsPerCpuSecond?: number;
  /** `resets` only: streams reset; settled resident memory before and after each pass; after the first divided by before. */
  readonly resets?: number;
  readonly memoryMiB?: number;
  readonly memoryFirstMiB?: number;
  readonly memorySecondMiB?: number;
  readonly memoryThirdMiB?: number;
  readonly memoryGrowth?: number;
  /** `chain` only: `cpuUsPerRequest` of the bare route in the same turn, and the chain's divided by it. */
  readonly bareCpuUs?: number;
  readonly timesBare?: number;
  /**
   * `mirror` only: p99 with a mirror and with one that hangs (`p99AloneMs`: without), each divided by that without; the largest
   * of the passes without by the smallest, which is what nothing at all makes of it; the share of copies that arrived; and peak memory
   * with a mirror that hangs beyond that without.
   */
  readonly mirroredP99Ms?: number;
  readonly mirroredGrowth?: number;
  readonly hangingP99Ms?: number;
  readonly hangingGrowth?: number;
  readonly noise?: number;
  readonly copied?: number;
  readonly hangingMoreMiB?: number;
  /** `scale` only. */
  readonly loadSeconds?: number;
  /** From the replaced file to the first new answer of the last connection, in every worker: the slowest of some changes. */
  readonly liveMs?: number;
  readonly typicalLiveMs?: number;
  /** Longest time a worker's event loop did not turn while a change was taken up, and while nothing changed. */
  readonly stallMs?: number;
  /** The most CPU time the worker's thread used in one such time: on a busy machine the rest is waiting for a core. */
  readonly stallCpuMs?: number;
  readonly quietStallMs?: number;
  /** Peak of the main process, and of the largest worker. */
  readonly mainMiB?: number;
  readonly workerMiB?: number;
  /**
   * `prism` only, where a request is a look: CPU of one, resident memory after ten of them, and the time from a new tag to the
   * parent's knowing of its service.
   */
  readonly lookCpuSeconds?: number;
  readonly residentMiB?: number;
  readonly tagLiveMs?: number;
  /** Pairs only: TCP connections from parent to child at the end, idle ones too; `slow-streams`: beside the slow streams. */
  readonly uplinkConnections?: number;
}

/** Medians over the rounds, and `cpuUsPerRequest` as a multiple of two peers' in the same run. */
export interface Row extends Sample {
  readonly scenario: string;
  readonly gateway: string;
  readonly rounds: number;
  readonly timesHaproxy?: number;
  readonly timesCaddy?: number;
  /** A `pair-h2` row as a multiple of HAProxy's row of the same scenario over HTTP/1.1. */
  readonly timesHaproxyH1?: number;
}

/** The medians of one gateway's samples in one scenario. */
export function toRow(scenario: string, gateway: string, samples: readonly Sample[]): Row {
  const keys = Object.keys(samples[0] ?? {}) as (keyof Sample)[];
  const medians = Object.fromEntries(
    keys.map((key) => [key, round(median(samples.map((sample) => sample[key] ?? Number.NaN)))]),
  ) as unknown as Sample;
  const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
  return { scenario, gateway, ...medians, errors, rounds: samples.length };
}

/** Adds the ratios to HAProxy's and Caddy's rows of the same scenario, where they are there. */
export function withRatios(rows: readonly Row[]): Row[] {
  const ratio = (row: Row, peer: string, scenario = row.scenario): number | undefined => {
    const other = rows.find((one) => one.scenario === scenario && one.gateway === peer);
    return other && round(row.cpuUsPerRequest / other.cpuUsPerRequest);
  };
  return rows.map((row) => {
    const timesHaproxy = ratio(row, 'haproxy');
    const timesCaddy = ratio(row, 'caddy');
    const h1 = row.scenario.replace('pair-h2', 'pair-h1');
    const timesHaproxyH1 = h1 === row.scenario ? undefined : ratio(row, 'haproxy', h1);
    return {
      ...row,
      ...(timesHaproxy !== undefined && { timesHaproxy }),
      ...(timesCaddy !== undefined && { timesCaddy }),
      ...(timesHaproxyH1 !== undefined && { timesHaproxyH1 }),
    };
  });
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
