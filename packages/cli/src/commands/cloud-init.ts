/** `ficus cloud-init`: user-data for a VM that installs ficus from its parent and joins by itself. */
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Command } from 'commander';
import type { AdminClient } from '../admin/client.ts';
import { withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import type { CreateOptions, PlannedVm } from '../cloud-init/create.ts';
import type { MadeUserData, MakeOptions } from '../cloud-init/make.ts';
import { fromNow, parseSeconds } from '../output/duration.ts';
import { usageError } from '../output/failure.ts';
import { json } from '../output/io.ts';
import type { Cli } from '../program.ts';

interface CloudInitOptions
  extends Omit<MakeOptions, 'workloads' | 'ttlSeconds'>,
    CreateOptions,
    AdminOptions {
  readonly workloads: string;
  readonly ttl: string;
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
    .option('--child-config <file>', 'a child.yaml to take along, such as one with workloads')
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
    .option(
      '--no-provider',
      'the child does not look for workloads there: --prism is for --prism-create alone',
    )
    .option('--terraform', 'print a nutanix_virtual_machine_v2 resource instead')
    .option('--prism-create', 'create the VM there and power it on, instead of printing user-data')
    .option('--create-api-key-file <file>', "API key of who may create VMs; default the child's login")
    .option('--create-username <name>', 'or a user …')
    .option('--create-password-file <file>', '… and the password')
    .option('--vm-name <name>', 'name of the VM; default the name of the child')
    .option('--cluster <name or extId>', 'where it runs')
    .option('--subnet <name or extId>', 'what its NIC is in')
    .option('--image <name or extId>', 'a disk image that cloud-init runs on')
    .option('--vcpus <number>', 'default 2')
    .option('--memory <size>', 'such as 4GiB or 512MiB, a number alone is GiB; default 2GiB')
    .option('--disk <size>', "such as 20GiB; default the image's size")
    .option('--category <key=value>', 'a category that the VM gets; repeatable', several)
    .option('--config <file>', "the parent's configuration file, to find its admin socket")
    .option('--socket <path>', "the parent's admin socket; default FICUS_SOCKET or ./state/admin.sock")
    .option('--url <url>', 'the admin API over TCP; needs a token in FICUS_TOKEN or --token-file')
    .option('--token-file <file>', 'file with the admin API bearer token, for --url')
    .option('--ca <file>', "PEM file with the root of the admin API's certificate, for --url https://…")
    .option(
      '--json',
      'print JSON for programs: userData, metaData, tokenId, expiresAt, bytes; vm with --prism-create',
    )
    .addHelpText(
      'after',
      "\nExample:\n  ficus cloud-init --child vm-1 --workloads 'orders,billing-*' --prism https://pc.example.com:9440 --prism-api-key-file key > user-data",
    )
    .action((options: CloudInitOptions) => run(cli, options));
}

async function run(cli: Cli, options: CloudInitOptions): Promise<void> {
  if (options.terraform && (options.json || options.prismCreate)) {
    const other = options.json ? '--json' : '--prism-create';
    throw usageError(`--terraform and ${other} are two outcomes`, 'give one of them');
  }
  const { makeUserData } = await import('../cloud-init/make.ts');
  const { checkParentConfig } = await import('../cloud-init/parent-config.ts');
  await checkParentConfig(cli.io, options.config);
  const make: MakeOptions = {
    ...options,
    ttlSeconds: life(options.ttl),
    workloads: options.workloads
      .split(',')
      .map((glob) => glob.trim())
      .filter((glob) => glob !== ''),
  };
  const { plannedVm } = await import('../cloud-init/create.ts');
  const planned = await plannedVm(cli.io, options);
  const { made, vm } = await withAdmin(cli, options, async (admin) => {
    const made = await makeUserData(cli.io, admin, make);
    return { made, vm: planned && (await create(cli, admin, planned, made, options)) };
  });
  const { userData, metaData, token } = made;
  if (options.json) {
    const { id: tokenId, expiresAt } = token;
    const bytes = Buffer.byteLength(userData);
    return json(cli.io, {
      userData,
      metaData,
      tokenId,
      expiresAt,
      bytes,
      ...(vm === undefined ? {} : { vm }),
    });
  }
  if (vm !== undefined) {
    cli.io.out(
      `VM ${vm.name} (${vm.extId}) runs at ${vm.addresses.join(', ')}; \`ficus children\` shows its join\n`,
    );
  } else if (options.terraform) {
    const { renderTerraform } = await import('../cloud-init/terraform.ts');
    cli.io.out(renderTerraform({ child: token.child, userData, metaData }));
  } else {
    cli.io.out(userData);
  }
  cli.io.err(summary(made, options));
}

function life(text: string): number {
  const seconds = parseSeconds(text, '--ttl');
  if (seconds >= 1 && seconds <= 86_400) return seconds;
  throw usageError(`--ttl wants 1s to 24h, got "${text}"`, 'write it as 90m or 24h');
}

/** A command's own: nothing else keeps the process while it waits for a task. */
const patientClock: Clock = {
  ...systemClock,
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

/** Refused before there was a VM: nobody has the token, and nobody will. */
const neverMade = ['prism.vm-order', 'prism.vm-exists', 'prism.no-such-name'];

async function create(
  cli: Cli,
  admin: AdminClient,
  { vm, prism }: PlannedVm,
  made: MadeUserData,
  options: CloudInitOptions,
) {
  const { createVm } = await import('@ficus/child/prism/create-vm.ts');
  const { userData, token } = made;
  // The first thing that is said is that creating begins: what fails before has made nothing.
  let begun = false;
  const say = (line: string) => {
    begun = true;
    cli.io.err(`${line}\n`);
  };
  try {
    return await createVm({ prism, vm: { ...vm, userData }, clock: patientClock, say });
  } catch (error) {
    if (!begun || (error instanceof FicusError && neverMade.includes(error.code))) {
      await admin.send('DELETE', `/tokens/${token.id}`, { reason: 'its VM was not made' });
    } else {
      cli.io.err(
        `the join token ${token.id} stays good for the VM; \`ficus token revoke ${token.id}\` ends it\n`,
      );
    }
    const { sayingOptions } = await import('../cloud-init/create-failure.ts');
    throw sayingOptions(error, options);
  }
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
  if (options.prism !== undefined && options.provider !== false) {
    lines.push(`what Prism Central is asked with travels with the token and is in none of this`);
  }
  if (!hasWorkloads) {
    lines.push(
      'its child.yaml has no workloads yet: give them with --child-config or --prism, or write them on the VM',
    );
  }
  return `${lines.join('\n')}\n`;
}
