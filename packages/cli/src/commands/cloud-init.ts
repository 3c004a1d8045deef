/** `ficus cloud-init`: user-data for a VM that installs ficus from its parent and joins by itself. */
import type { Command } from 'commander';
import { withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import type { MadeUserData, MakeOptions } from '../cloud-init/make.ts';
import { fromNow, parseSeconds } from '../output/duration.ts';
import { usageError } from '../output/failure.ts';
import { json } from '../output/io.ts';
import type { Cli } from '../program.ts';

interface CloudInitOptions
  extends Omit<MakeOptions, 'workloads' | 'ttlSeconds'>,
    Omit<AdminOptions, 'config'> {
  readonly workloads: string;
  readonly ttl: string;
  readonly parentConfig?: string;
  readonly terraform?: boolean;
}

const several = (value: string, before: readonly string[] = []) => [...before, value];

/** Registers the command. */
export function cloudInit(program: Command, cli: Cli): void {
  program
    .command('cloud-init')
    .description('print user-data for a VM that installs ficus from this parent and joins it')
    .requiredOption('--child <name>', 'the name that the child will have: a-z, 0-9 and -')
    .requiredOption(
      '--workloads <globs>',
      'exposed names it may advertise, separated by commas; * matches any run',
    )
    .option('--ttl <duration>', 'how long the join token in it may be used, once; at most 24h', '24h')
    .option(
      '--join-address <host:port>',
      "where the VM reaches the parent's join listener; default join.advertise",
    )
    .option(
      '--address <host:port>',
      "where the parent dials the child; default the VM's address and port 9443",
    )
    .option('--config <file>', 'a child.yaml to take along, such as one with workloads')
    .option('--prism <url>', 'find workloads through this Prism Central: https://pc.example.com:9440')
    .option('--prism-api-key-file <file>', 'its API key; travels with the join token, not in user-data')
    .option('--prism-username <name>', 'or a user …')
    .option('--prism-password-file <file>', '… and the password; travels as the key does')
    .option('--prism-ca-file <file>', "root of Prism Central's certificate (PEM)")
    .option('--prism-fingerprint <sha256>', "SHA-256 of Prism Central's own certificate")
    .option('--service-category-key <key>', 'category that names the service; default TraefikServiceName')
    .option('--allowed-vpc <uuid or name>', 'count only NICs in this VPC; repeatable', several)
    .option('--poll-interval <duration>', 'between two looks, at least 2s; default 30s')
    .option('--base-file <file>', 'base file to take along: ports, schemes, health checks by service')
    .option('--terraform', 'print a nutanix_virtual_machine_v2 resource instead')
    .option('--parent-config <file>', "the parent's configuration file, to find its admin socket")
    .option('--socket <path>', "the parent's admin socket; default FICUS_SOCKET or ./state/admin.sock")
    .option('--url <url>', 'the admin API over TCP; needs a token in FICUS_TOKEN or --token-file')
    .option('--token-file <file>', 'file with the admin API bearer token, for --url')
    .option('--ca <file>', "PEM file with the root of the admin API's certificate, for --url https://…")
    .option('--json', 'print JSON for programs: userData, metaData, tokenId, expiresAt, bytes')
    .addHelpText(
      'after',
      "\nExample:\n  ficus cloud-init --child vm-1 --workloads 'orders,billing-*' --prism https://pc.example.com:9440 --prism-api-key-file key > user-data",
    )
    .action((options: CloudInitOptions) => run(cli, options));
}

async function run(cli: Cli, options: CloudInitOptions): Promise<void> {
  if (options.terraform && options.json)
    throw usageError('--terraform and --json print two things', 'give one of them');
  const { makeUserData } = await import('../cloud-init/make.ts');
  const { config, parentConfig, ...rest } = options;
  const place = { ...rest, ...(parentConfig === undefined ? {} : { config: parentConfig }) };
  const make: MakeOptions = {
    ...rest,
    ...(config === undefined ? {} : { config }),
    ttlSeconds: parseSeconds(options.ttl, '--ttl'),
    workloads: options.workloads
      .split(',')
      .map((glob) => glob.trim())
      .filter((glob) => glob !== ''),
  };
  const made = await withAdmin(cli, place, (admin) => makeUserData(cli.io, admin, make));
  const { userData, metaData, token } = made;
  if (options.json) {
    const { id: tokenId, expiresAt } = token;
    return json(cli.io, { userData, metaData, tokenId, expiresAt, bytes: Buffer.byteLength(userData) });
  }
  if (options.terraform) {
    const { renderTerraform } = await import('../cloud-init/terraform.ts');
    cli.io.out(renderTerraform({ child: token.child, userData, metaData }));
  } else {
    cli.io.out(userData);
  }
  cli.io.err(summary(made, options));
}

function summary(
  { userData, token, url, install, hasWorkloads }: MadeUserData,
  options: CloudInitOptions,
): string {
  const { version, artefacts = [] } = install.bundle ?? {};
  const sizes = artefacts
    .map(({ arch, bytes }) => `${arch} ${Math.ceil(bytes / 1024 / 1024)} MiB`)
    .join(', ');
  const lines = [
    `user-data for ${token.child}: ${Buffer.byteLength(userData)} of 16384 bytes; it works once, ${fromNow(token.expiresAt, Date.now())} at the latest (token ${token.id})`,
    `the VM downloads ficus ${version} (${sizes}) from ${url} and joins there; the parent dials it at ${options.address ?? 'the address it joins from, port 9443'}`,
  ];
  if (options.prism !== undefined) {
    lines.push(`what Prism Central is asked with travels with the token and is in none of this`);
  }
  if (!hasWorkloads) {
    lines.push(
      'its child.yaml has no workloads yet: give them with --config or --prism, or write them on the VM',
    );
  }
  return `${lines.join('\n')}\n`;
}
