/** `ficus routes`: what matches what, in the order in which it is tried. */
import type { RouteInfo, RouteList, RouteTableInfo } from '@ficus/common/api/explain.ts';
import type { Command } from 'commander';
import { adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { json } from '../output/io.ts';
import { lookedAt } from '../output/looked-at.ts';
import { printable, table } from '../output/table.ts';
import type { Cli } from '../program.ts';

/** Said of `--config` where it does not lead to a running parent. */
export const givenConfig =
  "look at this configuration instead of a running parent: a parent's or child's file, or dynamic files (one, or a folder)";

interface RoutesOptions extends AdminOptions {
  readonly entrypoint?: string;
}

/** Registers the command. */
export function routes(program: Command, cli: Cli): void {
  adminOptions(
    program
      .command('routes')
      .description('list the routers of each entrypoint, in the order in which they are tried'),
    givenConfig,
  )
    .option('--entrypoint <name>', 'only the routers of this one')
    .addHelpText(
      'after',
      '\nExamples:\n  ficus routes\n  ficus routes --config dynamic/ --entrypoint websecure',
    )
    .action((options: RoutesOptions) => show(cli, options));
}

async function show(cli: Cli, options: RoutesOptions): Promise<void> {
  const { list, of } = await listOf(cli, options);
  if (options.json) return json(cli.io, list);
  cli.io.out(`${of}${routesReport(list)}`);
}

/** And a line on what it is a list of. */
async function listOf(
  cli: Cli,
  { config, entrypoint, ...options }: RoutesOptions,
): Promise<{ readonly list: RouteList; readonly of: string }> {
  if (config === undefined) {
    const query = entrypoint === undefined ? '' : `?${new URLSearchParams({ entryPoint: entrypoint })}`;
    return withAdmin(cli, options, async (admin, place) => ({
      list: await admin.get<RouteList>(`/routes${query}`),
      of: lookedAt(place),
    }));
  }
  const [{ givenModel }, { routeList }] = await Promise.all([
    import('./given-model.ts'),
    import('@ficus/gateway/explain/routes.ts'),
  ]);
  return {
    list: routeList(await givenModel(config, cli.io.cwd), entrypoint),
    of: lookedAt({ files: config }),
  };
}

/** A table for each entrypoint, and what is wrong below it; then the routers of none. */
export function routesReport({ entryPoints, absent = [] }: RouteList): string {
  const tables =
    entryPoints.length === 0 ? ['there are no entrypoints\n'] : entryPoints.map((each) => tableReport(each));
  const missing = absent.map(
    ({ name, error }) => `${printable(`absent: router ${name}: ${oneLine(error.join('; '))}`)}\n`,
  );
  return [...tables, ...(missing.length === 0 ? [] : [missing.join('')])].join('\n');
}

interface Row extends RouteInfo {
  readonly depth: number;
}

function tableReport({ entryPoint, address, tls, uplink, routers }: RouteTableInfo): string {
  const title =
    uplink === undefined
      ? `${entryPoint} ${address} ${tls ? 'https' : 'http'}`
      : `${entryPoint} ${address} uplink ${uplink}`;
  const rows = routers.flatMap((router) => flat(router, 0));
  if (rows.length === 0) return `${title}: no routers\n`;
  const text = table<Row>(
    [
      { title: 'priority', value: (row) => row.priority, right: true },
      // The field is as wide as what is in it, so that children can stand further in.
      { title: 'router', value: (row) => `${'  '.repeat(row.depth)}${row.name}` },
      { title: 'status', value: (row) => row.status },
      { title: 'middlewares', value: (row) => row.middlewares.join(', ') },
      {
        title: 'service',
        value: (row) => row.service ?? (row.children.length > 0 ? '(routers below)' : undefined),
      },
      { title: 'rule', value: (row) => oneLine(row.rule) },
    ],
    rows,
  );
  const wrong = rows.flatMap((row) =>
    row.error.map((error) => `problem: router ${row.name}: ${oneLine(error)}`),
  );
  return `${title}\n${text}${[...new Set(wrong)].map((line) => `${printable(line)}\n`).join('')}`;
}

function flat(router: RouteInfo, depth: number): readonly Row[] {
  return [{ ...router, depth }, ...router.children.flatMap((child) => flat(child, depth + 1))];
}

/** Rules may be written over several lines. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
