/** Tables for people and the JSON document for programs. */

import type { Verdict } from './bars.ts';
import { type Column, columnsFor, number } from './columns.ts';
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
  readonly bars: readonly Verdict[];
  /** Gateways that aren't installed. */
  readonly absent: readonly Missing[];
  /** Gateways that have no place in a scenario. */
  readonly leftOut: readonly Missing[];
  /** Gateways that were there and couldn't be measured. */
  readonly failed: readonly Missing[];
}

/** One Markdown table per scenario, then the bars, what is missing and what went wrong. */
export function toText(report: Report): string {
  const names = [...new Set(report.rows.map((row) => row.scenario))];
  const tables = names.map((name) =>
    table(
      name,
      report.rows.filter((row) => row.scenario === name),
    ),
  );
  const head = `${report.at.slice(0, 10)}, ${report.machine}; medians of ${report.rounds} rounds of ${report.seconds} s`;
  return [head, ...tables, ...barTable(report.bars), ...complaints(report)].join('\n\n');
}

/** True when a figure can't be trusted: requests failed, or a gateway that is here wasn't measured. */
export function wentWrong(report: Report): boolean {
  return report.failed.length > 0 || report.rows.some((row) => row.errors > 0);
}

/** A line for each gateway that is absent, left out or failed, and for each row with failed requests. */
export function complaints(report: Report): string[] {
  return [
    ...report.absent.map(({ gateway, reason }) => `ABSENT: ${gateway}: ${reason}`),
    ...report.leftOut.map(
      ({ gateway, scenario, reason }) => `LEFT OUT: ${gateway} in ${scenario}: ${reason}`,
    ),
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
  const columns: readonly Column[] = [[name, (row) => row.gateway], ...columnsFor(rows)];
  return markdown([
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, value]) => value(row))),
  ]);
}

function barTable(bars: readonly Verdict[]): string[] {
  if (bars.length === 0) return [];
  const lines = bars.map(({ scenario, what, bar, found, verdict }) => [
    `${scenario}: ${what}`,
    bar,
    number(found, 2),
    verdict,
  ]);
  return [markdown([['bars', 'bar', 'ficus', 'verdict'], ...lines])];
}

/** The first line is the titles; the first column stands left, the others right. */
function markdown(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const lines = cells.map((line) => {
    const padded = line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)));
    return `| ${padded.join(' | ')} |`;
  });
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
