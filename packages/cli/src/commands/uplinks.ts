/** `ficus uplinks`: what the children advertise, and how each leg is doing. */
import type { LegStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import type { Command } from 'commander';
import { adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { json } from '../output/io.ts';
import { modeOf } from '../output/mode.ts';
import { percent, shares } from '../output/shares.ts';
import { table } from '../output/table.ts';
import type { Cli } from '../program.ts';

/** Registers the command. */
export function uplinks(program: Command, cli: Cli): void {
  adminOptions(program.command('uplinks').description('list the advertised workloads and their legs'))
    .addHelpText('after', '\nExample:\n  ficus uplinks')
    .action((options: AdminOptions) => list(cli, options));
}

async function list(cli: Cli, options: AdminOptions): Promise<void> {
  const answer = await withAdmin(cli, options, (admin) => admin.get<{ uplinks: UplinkStatus[] }>('/uplinks'));
  if (options.json) return json(cli.io, answer);
  if (answer.uplinks.length === 0) return cli.io.out('nothing is advertised yet; see `ficus children`\n');
  cli.io.out(uplinkTable(answer.uplinks));
}

interface Row extends LegStatus {
  readonly uplink: string;
  readonly share: number | undefined;
}

/** One row a leg, the uplink's name on its first. */
export function uplinkTable(all: readonly UplinkStatus[]): string {
  const rows = all.flatMap((uplink) => {
    const share = shares(uplink.legs);
    return uplink.legs.map(
      (leg, index): Row => ({ ...leg, uplink: index === 0 ? uplink.name : ' ', share: share.get(leg.child) }),
    );
  });
  return table<Row>(
    [
      { title: 'uplink', value: (row) => row.uplink },
      { title: 'child', value: (row) => row.child },
      { title: 'weight', value: (row) => row.weight, right: true },
      { title: 'share', value: (row) => percent(row.share), right: true },
      { title: 'set by', value: (row) => row.weightFrom },
      { title: 'mode', value: (row) => modeOf(row) },
      { title: 'health', value: (row) => row.health },
      { title: 'endpoints', value: (row) => `${row.endpoints.healthy}/${row.endpoints.total}`, right: true },
      { title: 'requests', value: (row) => row.requests, right: true },
      { title: 'failures', value: (row) => row.failures, right: true },
      { title: 'reason', value: (row) => row.reason ?? ' ' },
    ],
    rows,
  );
}
