/** The bars that Ficus is to clear, and whether it did in this run. */

import type { Row } from './rows.ts';

/** One bar's outcome. */
export interface Verdict {
  readonly scenario: string;
  /** What is compared. */
  readonly what: string;
  /** Such as `≤ 1.4`. */
  readonly bar: string;
  /** Undefined when a row that it takes is not there, or has no such figure. */
  readonly found?: number;
  readonly verdict: 'pass' | 'FAIL' | 'not measured';
}

interface Bar {
  readonly scenario: string;
  readonly what: string;
  readonly bound: 'at most' | 'at least' | 'below';
  readonly limit: number;
  /** From Ficus's row. */
  readonly found: (row: Row) => number | undefined;
}

const SIGNS = { 'at most': '≤', 'at least': '≥', below: '<' } as const;

const haproxy = (row: Row): number | undefined => row.timesHaproxy;
const caddy = (row: Row): number | undefined => row.timesCaddy;
/** A transfer always moves the same, so MB per CPU second is one over the CPU of it. */
const inverse = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : 1 / value;

const BARS: readonly Bar[] = [
  { scenario: 'hop', what: 'CPU ÷ haproxy', bound: 'at most', limit: 1.5, found: haproxy },
  { scenario: 'hop', what: 'CPU ÷ caddy', bound: 'at most', limit: 0.4, found: caddy },
  { scenario: 'pair-h2', what: 'CPU ÷ haproxy', bound: 'at most', limit: 1.4, found: haproxy },
  {
    scenario: 'pair-h2',
    what: 'CPU ÷ haproxy pair-h1',
    bound: 'at most',
    limit: 0.75,
    found: (row) => row.timesHaproxyH1,
  },
  ...['download-1g-pair-h2', 'upload-1g-pair-h2'].map(
    (scenario): Bar => ({
      scenario,
      what: 'MB per CPU s ÷ haproxy',
      bound: 'at least',
      limit: 0.6,
      found: (row) => inverse(row.timesHaproxy),
    }),
  ),
  ...['slow-streams-endpoint', 'slow-streams-reader'].map(
    (scenario): Bar => ({
      scenario,
      what: 'p99 with ÷ without',
      bound: 'below',
      limit: 2,
      found: (row) => row.p99Growth,
    }),
  ),
  {
    scenario: 'grpc',
    what: 'requests per CPU s ÷ caddy',
    bound: 'at least',
    limit: 3,
    found: (row) => inverse(row.timesCaddy),
  },
  {
    scenario: 'resets',
    what: 'memory after ÷ before',
    bound: 'at most',
    limit: 1.1,
    found: (row) => row.memoryGrowth,
  },
  {
    scenario: 'chain',
    what: 'CPU ÷ bare route',
    bound: 'at most',
    limit: 1.35,
    found: (row) => row.timesBare,
  },
  {
    scenario: 'mirror',
    what: 'p99 mirrored ÷ alone',
    bound: 'at most',
    limit: 1.15,
    found: (row) => row.mirroredGrowth,
  },
  // Not at all, which a measurement cannot say: within what two measurements of the same differ by.
  {
    scenario: 'mirror',
    what: 'p99 with a mirror that hangs ÷ alone',
    bound: 'at most',
    limit: 1.05,
    found: (row) => row.hangingGrowth,
  },
  {
    scenario: 'mirror',
    what: 'MiB more with a mirror that hangs',
    bound: 'at most',
    limit: 64,
    found: (row) => row.hangingMoreMiB,
  },
  { scenario: 'scale', what: 's to load', bound: 'below', limit: 3, found: (row) => row.loadSeconds },
  { scenario: 'scale', what: 'ms until live', bound: 'below', limit: 300, found: (row) => row.liveMs },
  {
    scenario: 'scale',
    what: "ms of a worker's stall",
    bound: 'below',
    limit: 50,
    found: (row) => row.stallMs,
  },
  {
    scenario: 'scale',
    what: 'MiB, all processes',
    bound: 'below',
    limit: 400,
    found: (row) => row.peakMemoryMiB,
  },
  ...['prism-none', 'prism-500', 'prism-5000'].flatMap((scenario): Bar[] => [
    { scenario, what: 'CPU s a look', bound: 'below', limit: 1, found: (row) => row.lookCpuSeconds },
    { scenario, what: 'MiB at its peak', bound: 'below', limit: 150, found: (row) => row.peakMemoryMiB },
  ]),
];

/** The bars of the scenarios that `names` holds. A row with failed requests passes none. */
export function verdicts(names: readonly string[], rows: readonly Row[]): Verdict[] {
  return BARS.filter(({ scenario }) => names.includes(scenario)).map((bar) => {
    const { scenario, what, bound, limit } = bar;
    const row = rows.find((one) => one.gateway === 'ficus' && one.scenario === scenario);
    const found = row && bar.found(row);
    const shown = { scenario, what, bar: `${SIGNS[bound]} ${limit}` };
    if (row === undefined || found === undefined) return { ...shown, verdict: 'not measured' };
    return { ...shown, found, verdict: row.errors === 0 && clears(found, bar) ? 'pass' : 'FAIL' };
  });
}

function clears(found: number, { bound, limit }: Bar): boolean {
  switch (bound) {
    case 'at most':
      return found <= limit;
    case 'at least':
      return found >= limit;
    case 'below':
      return found < limit;
  }
}
