/** `ficus mirrors`: how services that get copies compare with those that answer. */
import type { AnswerStatus, MirrorStatus } from '@ficus/common/api/mirrors.ts';
import type { Command } from 'commander';
import { adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { json } from '../output/io.ts';
import { errorShare, latency } from '../output/latency.ts';
import { table } from '../output/table.ts';
import type { Cli } from '../program.ts';

/** Registers the command. */
export function mirrors(program: Command, cli: Cli): void {
  adminOptions(
    program.command('mirrors').description('compare what mirrors answered with the services they mirror'),
  )
    .addHelpText('after', '\nExample:\n  ficus mirrors')
    .action((options: AdminOptions) => list(cli, options));
}

async function list(cli: Cli, options: AdminOptions): Promise<void> {
  const answer = await withAdmin(cli, options, (admin) => admin.get<{ mirrors: MirrorStatus[] }>('/mirrors'));
  if (options.json) return json(cli.io, answer);
  if (answer.mirrors.length === 0) return cli.io.out('no service has mirrors\n');
  cli.io.out(mirrorTable(answer.mirrors));
}

interface Row {
  readonly service: string;
  readonly who: string;
  readonly copies?: MirrorStatus;
  readonly answers: AnswerStatus;
}

/** The service that answers first, then its mirrors. */
export function mirrorTable(all: readonly MirrorStatus[]): string {
  const rows = [...Map.groupBy(all, ({ service }) => service)].flatMap(([service, own]): Row[] => [
    // Each mirror says the same of the service.
    { service, who: 'answers', answers: (own[0] as MirrorStatus).main },
    ...own.map((copies) => ({
      service: ' ',
      who: `mirror ${copies.mirror}`,
      copies,
      answers: copies.answers,
    })),
  ]);
  return table<Row>(
    [
      { title: 'service', value: (row) => row.service },
      { title: 'who', value: (row) => row.who },
      { title: 'copies', value: (row) => row.copies?.copies ?? ' ', right: true },
      { title: 'in flight', value: (row) => row.copies?.inFlight ?? ' ', right: true },
      { title: 'answered', value: (row) => row.answers.answered, right: true },
      {
        title: '5xx',
        value: ({ answers }) => (answers.answered === 0 ? undefined : errorShare(answers.serverErrors)),
        right: true,
      },
      { title: 'p50', value: (row) => latency(row.answers.latency?.p50), right: true },
      { title: 'p95', value: (row) => latency(row.answers.latency?.p95), right: true },
      { title: 'p99', value: (row) => latency(row.answers.latency?.p99), right: true },
      { title: 'dropped', value: ({ copies }) => (copies === undefined ? ' ' : drops(copies)) },
    ],
    rows,
  );
}

function drops({ dropped }: MirrorStatus): string {
  return Object.entries(dropped)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}
