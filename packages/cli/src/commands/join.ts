/** `ficus join`: gives this machine its identity with a token of the parent. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../output/failure.ts';
import { type Io, json } from '../output/io.ts';
import type { Cli } from '../program.ts';

interface JoinOptions {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly caPin: readonly string[];
  readonly stateDirectory: string;
  readonly address?: string;
  readonly name?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Registers the command. */
export function join(program: Command, cli: Cli): void {
  program
    .command('join')
    .description('join a parent with a one-time token; afterwards start `ficus child`')
    .argument('<url>', "the parent's join listener, https://parent:8443")
    .option('--token <token>', 'the token; others on this machine can see it while this runs')
    .option('--token-file <file>', 'file with the token; without both it is read from standard input')
    .requiredOption(
      '--ca-pin <pin>',
      "sha256:… of the parent's root, as `ficus token create` prints it; repeatable",
      (pin: string, pins: string[] = []) => [...pins, pin],
    )
    .option('--state-directory <directory>', 'where the identity is kept', 'state')
    .option('--address <host:port>', 'where the parent dials this child; default this address and port 9443')
    .option('--name <name>', 'refuse to join under another name than this')
    .option('--force', 'replace an identity that is still good')
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      '\nExample:\n  ficus join https://parent.example.com:8443 --token-file token --ca-pin sha256:4f1c…',
    )
    .action((url: string, options: JoinOptions) => run(cli, url, options));
}

async function run(cli: Cli, url: string, options: JoinOptions): Promise<void> {
  const token = await readToken(cli.io, options);
  const [{ joinParent }, { createLog }, { systemClock }] = await Promise.all([
    import('@ficus/child/enrol/join.ts'),
    import('@ficus/common/log.ts'),
    import('@ficus/common/clock.ts'),
  ]);
  const stateDirectory = resolve(cli.io.cwd, options.stateDirectory);
  const joined = await joinParent({
    url,
    token,
    caPins: options.caPin,
    stateDirectory,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.address === undefined ? {} : { address: options.address }),
    ...(options.force === undefined ? {} : { force: options.force }),
    clock: systemClock,
    log: createLog({ level: 'warn', format: 'common' }),
  });
  const notAfter = new Date(joined.notAfter).toISOString();
  if (options.json) return json(cli.io, { ...joined, notAfter, stateDirectory });
  cli.io.out(
    `joined as ${joined.child} of ${joined.trustDomain}; the certificate is good until ${notAfter} and renews itself\n` +
      `the identity is in ${stateDirectory}; start the child with \`ficus child --config child.yaml\`\n`,
  );
}

async function readToken(io: Io, options: JoinOptions): Promise<string> {
  if (options.token !== undefined && options.tokenFile !== undefined) {
    throw usageError('--token and --token-file are both given', 'give one of them');
  }
  const text =
    options.token ??
    (options.tokenFile === undefined
      ? await io.stdin()
      : await readFile(resolve(io.cwd, options.tokenFile), 'utf8'));
  const token = text.trim();
  if (token !== '') return token;
  throw usageError(
    'want a token, got none',
    'give it with --token, --token-file or on standard input; `ficus token create` on the parent makes one',
  );
}
