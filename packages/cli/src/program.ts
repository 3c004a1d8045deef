/** The `ficus` command line as a list of its commands. Loaded only when a command other than `parent` or `child` runs. */
import { version } from '@ficus/common/version.ts';
import { Command, CommanderError } from 'commander';
import { check } from './commands/check.ts';
import { children } from './commands/children.ts';
import { cloudInit } from './commands/cloud-init.ts';
import { explain } from './commands/explain.ts';
import { healthcheck } from './commands/healthcheck.ts';
import { history } from './commands/history.ts';
import { join } from './commands/join.ts';
import { mirrors } from './commands/mirrors.ts';
import { nodes } from './commands/nodes.ts';
import { pki } from './commands/pki.ts';
import { routes } from './commands/routes.ts';
import { status } from './commands/status.ts';
import { token } from './commands/token.ts';
import { uplinks } from './commands/uplinks.ts';
import { weights } from './commands/weights.ts';
import { exitCodes } from './output/failure.ts';
import type { Io } from './output/io.ts';

/** In the order in which `--help` lists them. */
const commands = [
  nodes,
  join,
  token,
  cloudInit,
  children,
  uplinks,
  mirrors,
  weights,
  history,
  status,
  healthcheck,
  routes,
  explain,
  check,
  pki,
];

/** Runs one command line; commands throw what went wrong and may return another exit code than 0. */
export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  const program = new Command('ficus')
    .description('Takes a monolith apart safely: a parent gateway, its children, and weights between them.')
    .version(version(), '--version', 'print the version')
    .addHelpText('after', '\nExample:\n  ficus weight set orders vm-1=90 cluster-1=10 --reason "canary"');
  let code = 0;
  const cli: Cli = { io, exitCode: (value) => (code = value) };
  for (const register of commands) {
    register(program, cli);
  }
  settle(program, io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and the version were asked for and printed: that is success.
    return error.exitCode === 0 ? 0 : exitCodes.usage;
  }
}

/** What a command gets besides its arguments. */
export interface Cli {
  readonly io: Io;
  /** For a command that printed its own verdict, as `check` does. */
  exitCode(value: number): void;
}

/** Commander's errors in the shape of all others; it settles no subcommand by itself. */
function settle(command: Command, io: Io): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => io.out(text),
    writeErr: (text) => io.err(text),
    outputError: (text, write) => {
      const remedy = `see \`${pathOf(command)} --help\``;
      write(`error: ${text.trim().replace(/^error: /, '')}\n  code: cli.usage\n  do: ${remedy}\n`);
    },
  });
  for (const sub of command.commands) settle(sub, io);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
