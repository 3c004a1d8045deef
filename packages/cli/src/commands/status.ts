/** `ficus status`: the whole parent on one screen, what is wrong last. */
import type { ParentStatus } from '@ficus/common/api/admin.ts';
import type { Command } from 'commander';
import { adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { fromNow } from '../output/duration.ts';
import { json } from '../output/io.ts';
import { problemLine } from '../output/problems.ts';
import { providerProblems, providerTable } from '../output/providers.ts';
import { printableLines } from '../output/table.ts';
import type { Cli } from '../program.ts';
import { childTable } from './children.ts';
import { uplinkTable } from './uplinks.ts';

/** Registers the command. */
export function status(program: Command, cli: Cli): void {
  adminOptions(program.command('status').description('show the parent, its children, uplinks and problems'))
    .addHelpText('after', '\nExample:\n  ficus status')
    .action((options: AdminOptions) => show(cli, options));
}

async function show(cli: Cli, options: AdminOptions): Promise<void> {
  const answer = await withAdmin(cli, options, (admin) => admin.get<ParentStatus>('/status'));
  if (options.json) return json(cli.io, answer);
  cli.io.out(statusReport(answer, Date.now()));
}

/** The status as text. */
export function statusReport(answer: ParentStatus, now: number): string {
  const restarts = answer.workers.reduce((sum, worker) => sum + worker.restarts, 0);
  const workers =
    answer.workers.length === 0
      ? 'serving in the main process'
      : `${answer.workers.length} workers${restarts === 0 ? '' : `, ${restarts} restarts`}`;
  const parts = [
    `parent ${answer.name}, ficus ${answer.version}, started ${fromNow(answer.startedAt, now)}, ${workers}\n`,
    `configuration ${answer.configuration.revision}, loaded ${fromNow(answer.configuration.loadedAt, now)}\n`,
  ];
  if (answer.children.length > 0) parts.push('\n', childTable(answer.children, now));
  if (answer.uplinks.length > 0) parts.push('\n', uplinkTable(answer.uplinks));
  const providers = providerTable(answer.children, now);
  if (providers !== '') parts.push('\n', providers);
  const { refused = [], held = [] } = answer.configuration;
  const serves = held.length === 0 ? ', the last good one serves' : '';
  const wrong = [
    ...refused.map((text) => `problem: configuration refused${serves}: ${printableLines(text)}\n`),
    ...held.map((text) => `problem: ${printableLines(text)}\n`),
    ...answer.disabled.map((one) =>
      printableLines(`problem: ${one.kind} ${one.name} is disabled: ${one.reason}`).concat('\n'),
    ),
    ...providerProblems(answer.children, now),
    ...answer.children.flatMap((child) => child.problems.map((problem) => problemLine(child.name, problem))),
    ...answer.problems.map((problem) => problemLine('parent', problem)),
  ];
  if (wrong.length > 0) parts.push('\n', ...wrong);
  return parts.join('');
}
