/** Tables for people and the JSON document for programs. */

import type { Row } from './rows.ts';

/** A gateway that isn't in the figures, or a scenario it failed in, and why. */
export interface Missing {
  readonly gateway: string;
  readonly scenario?: string;
  readonly reason: string;
}

/** The whole outcome of a run; with `--json` this is printed. */
export interface Report {
  /** When it began, ISO 8601, and on what. */
  readonly at: string;
  readonly machine: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
  /** Gateways that aren't installed. */
  readonly absent: readonly Missing[];
  /** Gateways that were there and couldn't be measured. */
  readonly failed: readonly Missing[];
}

type Column = readonly [title: string, value: (row: Row) => string];

const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–';
const ratio = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(2)} ×`);

const THROUGHPUT: readonly Column[] = [
  ['requests/s', (row) => number(row.requestsPerSecond, 0)],
  ['p50 ms', (row) => number(row.p50Ms, 2)],
  ['p99 ms', (row) => number(row.p99Ms, 2)],
  ['CPU µs/request', (row) => number(row.cpuUsPerRequest, 1)],
];
const LATENCY: readonly Column[] = [
  ['added p50 ms', (row) => number(row.addedP50Ms, 3)],
  ['added p99 ms', (row) => number(row.addedP99Ms, 3)],
  ['p50 ms', (row) => number(row.p50Ms, 3)],
  ['p99 ms', (row) => number(row.p99Ms, 3)],
  ['CPU µs/request', (row) => number(row.cpuUsPerRequest, 1)],
];
const TRANSFER: readonly Column[] = [
  ['MB/s', (row) => number(row.megabytesPerSecond, 0)],
  ['CPU s/GiB', (row) => number(row.cpuSeconds, 2)],
  ['MB/CPU s', (row) => number(row.megabytesPerCpuSecond, 0)],
];
const COMMON: readonly Column[] = [
  ['CPU ÷ haproxy', (row) => ratio(row.timesHaproxy)],
  ['CPU ÷ caddy', (row) => ratio(row.timesCaddy)],
  ['peak MiB', (row) => number(row.peakMemoryMiB, 1)],
  ['errors', (row) => String(row.errors)],
];

/** One Markdown table per scenario, then what is missing and what went wrong. */
export function toText(report: Report): string {
  const names = [...new Set(report.rows.map((row) => row.scenario))];
  const tables = names.map((name) =>
    table(
      name,
      report.rows.filter((row) => row.scenario === name),
    ),
  );
  const head = `${report.at.slice(0, 10)}, ${report.machine}; medians of ${report.rounds} rounds of ${report.seconds} s`;
  return [head, ...tables, ...complaints(report)].join('\n\n');
}

/** True when a figure can't be trusted: requests failed, or a gateway that is here wasn't measured. */
export function wentWrong(report: Report): boolean {
  return report.failed.length > 0 || report.rows.some((row) => row.errors > 0);
}

/** A line for each gateway that is absent or failed, and for each row with failed requests. */
export function complaints(report: Report): string[] {
  return [
    ...report.absent.map(({ gateway, reason }) => `ABSENT: ${gateway}: ${reason}`),
    ...report.failed.map(({ gateway, scenario, reason }) => `FAILED: ${gateway} in ${scenario}: ${reason}`),
    ...report.rows
      .filter((row) => row.errors > 0)
      .map(
        (row) =>
          `ERRORS: ${row.gateway} in ${row.scenario}: ${row.errors} requests failed; its figures don't count`,
      ),
  ];
}

function table(name: string, rows: readonly Row[]): string {
  const [first] = rows;
  const own =
    first?.addedP50Ms !== undefined ? LATENCY : first?.cpuSeconds !== undefined ? TRANSFER : THROUGHPUT;
  const columns: readonly Column[] = [[name, (row) => row.gateway], ...own, ...COMMON];
  const cells = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, value]) => value(row))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const lines = cells.map((line) => {
    const padded = line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)));
    return `| ${padded.join(' | ')} |`;
  });
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
