/** `ficus history`: who changed what, when and why. */
import type { HistoryEntry } from '@ficus/common/api/admin.ts';
import type { Command } from 'commander';
import { adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { exitCodes } from '../output/failure.ts';
import { json } from '../output/io.ts';
import { table } from '../output/table.ts';
import type { Cli } from '../program.ts';

/** Characters of a change in the table. */
const mostChange = 60;

interface HistoryOptions extends AdminOptions {
  readonly uplink?: string;
  readonly limit?: string;
}
interface HistoryAnswer {
  readonly entries: readonly HistoryEntry[];
  readonly chain: 'verified' | 'broken';
}

/** Registers the command. */
export function history(program: Command, cli: Cli): void {
  adminOptions(
    program
      .command('history')
      .description('list changes, newest first, and verify that none was tampered with')
      .option('--uplink <name>', 'only changes of this uplink')
      .option('--limit <number>', 'how many at most'),
  )
    .addHelpText('after', '\nExample:\n  ficus history --uplink orders --limit 20')
    .action((options: HistoryOptions) => show(cli, options));
}

async function show(cli: Cli, options: HistoryOptions): Promise<void> {
  const query = new URLSearchParams();
  if (options.uplink !== undefined) query.set('uplink', options.uplink);
  if (options.limit !== undefined) query.set('limit', options.limit);
  const suffix = query.size === 0 ? '' : `?${query}`;
  const answer = await withAdmin(cli, options, (admin) => admin.get<HistoryAnswer>(`/history${suffix}`));
  // A broken chain is a finding, also for a script that only looks at the exit code.
  if (answer.chain === 'broken') cli.exitCode(exitCodes.failure);
  if (options.json) return json(cli.io, answer);
  cli.io.out(
    table<HistoryEntry>(
      [
        { title: 'seq', value: (row) => row.seq, right: true },
        { title: 'at', value: (row) => row.at },
        { title: 'actor', value: (row) => row.actor },
        { title: 'action', value: (row) => row.action },
        { title: 'subject', value: (row) => row.subject },
        { title: 'change', value: (row) => shortened(difference(row.before, row.after)) },
        { title: 'reason', value: (row) => row.reason },
      ],
      answer.entries,
    ),
  );
  cli.io.out(
    answer.chain === 'verified'
      ? 'the hash chain is verified\n'
      : 'error: the hash chain is BROKEN: an entry was changed or removed after it was written\n',
  );
}

/** The whole change is in `--json`. */
function shortened(text: string): string {
  return text.length > mostChange ? `${text.slice(0, mostChange - 1)}…` : text;
}

/** What changed between two values: `vm-1 90 → 10, cluster-1 10 → 90` for records, else nothing or the whole. */
export function difference(before: unknown, after: unknown): string {
  const was = record(before);
  const is = record(after);
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return keys
    .filter((key) => text(was[key]) !== text(is[key]))
    .map((key) => `${key} ${text(was[key])} → ${text(is[key])}`)
    .join(', ');
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
