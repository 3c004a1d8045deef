/** `ficus children` and `ficus children revoke`: who has joined. */
import type { ChildStatus, Reason, Revoked } from '@ficus/common/api/admin.ts';
import type { Command } from 'commander';
import { actor, adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { fromNow, roughly } from '../output/duration.ts';
import { json } from '../output/io.ts';
import { problemLines } from '../output/problems.ts';
import { table } from '../output/table.ts';
import type { Cli } from '../program.ts';

/** Registers the commands. */
export function children(program: Command, cli: Cli): void {
  const command = adminOptions(
    program.command('children').description('list the children, how they are and what they may advertise'),
  )
    .addHelpText('after', '\nExamples:\n  ficus children\n  ficus children revoke vm-1 --reason "VM is gone"')
    .action((options: AdminOptions) => list(cli, options));

  adminOptions(
    command
      .command('revoke')
      .description('shut a child out: its connections close and its legs go within 2 s')
      .argument('<name>')
      .requiredOption('--reason <text>', 'why, for the history'),
  )
    .addHelpText('after', '\nExample:\n  ficus children revoke vm-1 --reason "VM is gone"')
    .action((name: string, _: unknown, self: Command) => revoke(cli, name, self.optsWithGlobals()));
}

async function list(cli: Cli, options: AdminOptions): Promise<void> {
  const answer = await withAdmin(cli, options, (admin) =>
    admin.get<{ children: ChildStatus[] }>('/children'),
  );
  if (options.json) return json(cli.io, answer);
  if (answer.children.length === 0) {
    return cli.io.out('no children yet; `ficus token create` prints the line that lets one join\n');
  }
  cli.io.out(childTable(answer.children, Date.now()));
  cli.io.out(problemLines(answer.children));
}

/** The children as a table. */
export function childTable(rows: readonly ChildStatus[], now: number): string {
  return table<ChildStatus>(
    [
      { title: 'child', value: (row) => row.name },
      { title: 'state', value: (row) => row.state },
      { title: 'address', value: (row) => row.address },
      { title: 'may advertise', value: (row) => row.workloads.join(',') },
      {
        title: 'last word',
        value: (row) =>
          row.advertisementAgeSeconds === undefined
            ? undefined
            : `${roughly(row.advertisementAgeSeconds)} ago`,
      },
      {
        title: 'certificate ends',
        value: (row) => (row.certificate === undefined ? undefined : fromNow(row.certificate.notAfter, now)),
      },
      { title: 'version', value: (row) => row.version },
    ],
    rows,
  );
}

async function revoke(cli: Cli, name: string, options: AdminOptions & { reason: string }): Promise<void> {
  const body: Reason = { reason: options.reason, actor: actor(cli) };
  const path = `/children/${encodeURIComponent(name)}`;
  const answer = await withAdmin(cli, options, (admin) => admin.send<Revoked>('DELETE', path, body));
  if (options.json) return json(cli.io, answer);
  cli.io.out(`child ${name} is revoked\n`);
}
