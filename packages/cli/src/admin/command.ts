/** What all commands that ask a running parent have in common. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Cli } from '../program.ts';
import { type AdminClient, openAdminClient } from './client.ts';
import { type AdminOptions, type AdminPlace, locateAdmin } from './locate.ts';
import { socketOfConfig } from './socket-of-config.ts';

const socketsFile = "the parent's configuration file, to find its admin socket";

/** Adds the options that say where the parent is, and `--json`; `config`: what `--config` is for. */
export function adminOptions(command: Command, config = socketsFile): Command {
  return command
    .option('--config <file>', config)
    .option('--socket <path>', "the parent's admin socket; default FICUS_SOCKET or ./state/admin.sock")
    .option('--url <url>', 'the admin API over TCP; needs a token in FICUS_TOKEN or --token-file')
    .option('--token-file <file>', 'file with the admin API bearer token, for --url')
    .option('--ca <file>', "PEM file with the root of the admin API's certificate, for --url https://…")
    .option('--json', 'print JSON for programs');
}

/** Runs `use` with a client for the parent that the options name, and closes it. */
export async function withAdmin<T>(
  cli: Cli,
  options: AdminOptions,
  use: (client: AdminClient, place: AdminPlace) => Promise<T>,
): Promise<T> {
  const place = await locateAdmin(options, cli.io, socketOfConfig);
  const client = await openAdminClient(place, actor(cli));
  try {
    return await use(client, place);
  } finally {
    await client.close();
  }
}

/** Who changes something, for the history: the user that runs the command. */
export function actor(cli: Cli): string {
  const configured = cli.io.env['FICUS_ACTOR'];
  if (configured) return configured;
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user id that has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
