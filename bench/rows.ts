/** The benchmark's figures: one sample per round, one row per scenario and gateway. */

import { median } from './stats.ts';

/** What every scenario measures, in every round. For a transfer, a request is the whole transfer. */
export interface Sample {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
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
}

/** Medians over the rounds, and `cpuUsPerRequest` as a multiple of two peers' in the same run. */
export interface Row extends Sample {
  readonly scenario: string;
  readonly gateway: string;
  readonly rounds: number;
  readonly timesHaproxy?: number;
  readonly timesCaddy?: number;
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
  const ratio = (row: Row, peer: string): number | undefined => {
    const other = rows.find((one) => one.scenario === row.scenario && one.gateway === peer);
    return other && round(row.cpuUsPerRequest / other.cpuUsPerRequest);
  };
  return rows.map((row) => {
    const timesHaproxy = ratio(row, 'haproxy');
    const timesCaddy = ratio(row, 'caddy');
    return {
      ...row,
      ...(timesHaproxy !== undefined && { timesHaproxy }),
      ...(timesCaddy !== undefined && { timesCaddy }),
    };
  });
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
