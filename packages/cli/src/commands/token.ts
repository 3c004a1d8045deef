/** `ficus token create | list | revoke`: the one-time tokens that children join with. */
import type { CreatedToken, Revoked, TokenInfo, TokenRequest } from '@ficus/common/api/admin.ts';
import type { Command } from 'commander';
import { adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { fromNow, parseSeconds } from '../output/duration.ts';
import { json } from '../output/io.ts';
import { table } from '../output/table.ts';
import type { Cli } from '../program.ts';

interface CreateOptions extends AdminOptions {
  readonly child: string;
  readonly workloads: string;
  readonly ttl?: string;
}

/** Registers the commands. */
export function token(program: Command, cli: Cli): void {
  const tokens = program
    .command('token')
    .description('one-time tokens that children join with')
    .addHelpText('after', '\nExample:\n  ficus token create --child vm-1 --workloads orders');

  adminOptions(
    tokens
      .command('create')
      .description("make a token for one child and print the line to run on the child's machine")
      .requiredOption('--child <name>', 'the name that the child will have: a-z, 0-9 and -')
      .requiredOption(
        '--workloads <globs>',
        'exposed names it may advertise, separated by commas; * matches any run',
      )
      .option('--ttl <duration>', 'how long it may be used: 90s, 15m, 1h; default 15m, at most 24h'),
  )
    .addHelpText('after', "\nExample:\n  ficus token create --child vm-1 --workloads 'orders,billing-*'")
    .action((options: CreateOptions) => create(cli, options));

  adminOptions(tokens.command('list').description('list tokens; the tokens themselves are never shown again'))
    .addHelpText('after', '\nExample:\n  ficus token list')
    .action((options: AdminOptions) => list(cli, options));

  adminOptions(
    tokens
      .command('revoke')
      .description('make a token useless')
      .argument('<id>', 'as `ficus token list` shows it'),
  )
    .addHelpText('after', '\nExample:\n  ficus token revoke 7f3a9c')
    .action((id: string, options: AdminOptions) => revoke(cli, id, options));
}

async function create(cli: Cli, options: CreateOptions): Promise<void> {
  const request: TokenRequest = {
    child: options.child,
    workloads: options.workloads
      .split(',')
      .map((glob) => glob.trim())
      .filter((glob) => glob !== ''),
    ...(options.ttl === undefined ? {} : { ttlSeconds: parseSeconds(options.ttl, '--ttl') }),
  };
  const created = await withAdmin(cli, options, (admin) =>
    admin.send<CreatedToken>('POST', '/tokens', request),
  );
  if (options.json) return json(cli.io, created);
  // The command alone on standard output, so that it can be piped to the child's machine.
  cli.io.err(
    `Run this on the machine of ${created.child}, ${fromNow(created.expiresAt, Date.now())} at the latest; it works once:\n`,
  );
  cli.io.out(`${created.command}\n`);
}

async function list(cli: Cli, options: AdminOptions): Promise<void> {
  const answer = await withAdmin(cli, options, (admin) => admin.get<{ tokens: TokenInfo[] }>('/tokens'));
  if (options.json) return json(cli.io, answer);
  if (answer.tokens.length === 0) return cli.io.out('no tokens; make one with `ficus token create`\n');
  const now = Date.now();
  cli.io.out(
    table<TokenInfo>(
      [
        { title: 'id', value: (row) => row.id },
        { title: 'child', value: (row) => row.child },
        { title: 'workloads', value: (row) => row.workloads.join(',') },
        { title: 'state', value: (row) => row.state },
        { title: 'expires', value: (row) => fromNow(row.expiresAt, now) },
      ],
      answer.tokens,
    ),
  );
}

async function revoke(cli: Cli, id: string, options: AdminOptions): Promise<void> {
  const path = `/tokens/${encodeURIComponent(id)}`;
  const answer = await withAdmin(cli, options, (admin) => admin.send<Revoked>('DELETE', path));
  if (options.json) return json(cli.io, answer);
  cli.io.out(`token ${id} is revoked\n`);
}
