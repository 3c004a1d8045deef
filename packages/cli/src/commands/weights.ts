/** `ficus weight set`, `ficus mode set` and `ficus undo`: turning the share of each child. */
import type {
  Applied,
  LegMode,
  ModesRequest,
  UplinkStatus,
  WeightsRequest,
} from '@ficus/common/api/admin.ts';
import { parseDuration } from '@ficus/common/config/duration.ts';
import type { Command } from 'commander';
import { actor, adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { appliedReport } from '../output/applied.ts';
import { usageError } from '../output/failure.ts';
import { json } from '../output/io.ts';
import type { Cli } from '../program.ts';

const modes: readonly LegMode[] = ['active', 'standby', 'draining', 'off'];
/** Weights are whole numbers up to this, as the admin API says. */
const mostWeight = 1000;
/** A year. */
const mostSessionsMs = 8760 * 3_600_000;

type ChangeOptions = AdminOptions & { readonly reason: string };
type ModeOptions = ChangeOptions & { readonly sessionsFor?: string };

/** Registers the commands. */
export function weights(program: Command, cli: Cli): void {
  const weight = program
    .command('weight')
    .description('the share of requests that each child gets')
    .addHelpText('after', '\nExample:\n  ficus weight set orders vm-1=90 cluster-1=10 --reason canary');
  adminOptions(
    weight
      .command('set')
      .description('set weights of an uplink; children that are not named keep theirs')
      .argument('<uplink>')
      .argument('<child=weight...>', 'weights are whole numbers from 0 to 1000')
      .requiredOption('--reason <text>', 'why, for the history'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  ficus weight set orders vm-1=90 cluster-1=10 --reason "canary, 10 %"',
    )
    .action((uplink: string, pairs: string[], options: ChangeOptions) =>
      setWeights(cli, uplink, pairs, options),
    );

  const mode = program
    .command('mode')
    .description('whether a child takes its weight, waits or is left out')
    .addHelpText('after', '\nExample:\n  ficus mode set orders vm-1=standby --reason failover');
  adminOptions(
    mode
      .command('set')
      .description('set modes of an uplink: active, standby (only when no active leg is up), draining, off')
      .argument('<uplink>')
      .argument('<child=mode...>')
      .option('--sessions-for <duration>', 'of those that drain: how long sticky sessions stay, such as 30m')
      .requiredOption('--reason <text>', 'why, for the history'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  ficus mode set orders vm-1=standby --reason "cluster serves alone"\n' +
        '  ficus mode set orders vm-1=draining --sessions-for 30m --reason "new release on vm-1"',
    )
    .action((uplink: string, pairs: string[], options: ModeOptions) => setModes(cli, uplink, pairs, options));

  adminOptions(
    program
      .command('undo')
      .description('take back the newest change of weights or modes, or the one with --seq')
      .option('--seq <number>', 'the change, as `ficus history` numbers it')
      .requiredOption('--reason <text>', 'why, for the history'),
  )
    .addHelpText('after', '\nExample:\n  ficus undo --reason "errors on cluster-1"')
    .action((options: ChangeOptions & { seq?: string }) => undo(cli, options));
}

async function setWeights(
  cli: Cli,
  uplink: string,
  pairs: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const request: WeightsRequest = {
    weights: once(pairs.map((pair) => weightPair(pair))),
    reason: options.reason,
    actor: actor(cli),
  };
  await change(cli, uplink, 'weights', request, options);
}

async function setModes(
  cli: Cli,
  uplink: string,
  pairs: readonly string[],
  options: ModeOptions,
): Promise<void> {
  const request: ModesRequest = {
    modes: once(pairs.map((pair) => modePair(pair))),
    ...(options.sessionsFor === undefined ? {} : { sessionsForSeconds: sessionSeconds(options.sessionsFor) }),
    reason: options.reason,
    actor: actor(cli),
  };
  await change(cli, uplink, 'modes', request, options);
}

async function change(
  cli: Cli,
  uplink: string,
  what: 'weights' | 'modes',
  request: WeightsRequest | ModesRequest,
  options: ChangeOptions,
): Promise<void> {
  const path = `/uplinks/${encodeURIComponent(uplink)}/${what}`;
  await withAdmin(cli, options, async (admin) => {
    // For people only: the legs as they are now, to show what the change did to them.
    const before = options.json
      ? undefined
      : (await admin.get<{ uplinks: UplinkStatus[] }>('/uplinks')).uplinks.find((one) => one.name === uplink);
    const applied = await admin.send<Applied>('PUT', path, request);
    if (options.json) return json(cli.io, applied);
    cli.io.out(appliedReport(applied, before));
  });
}

async function undo(cli: Cli, options: ChangeOptions & { seq?: string }): Promise<void> {
  const seq = options.seq === undefined ? undefined : Number(options.seq);
  if (seq !== undefined && !Number.isSafeInteger(seq)) {
    throw usageError(`--seq wants a number, got "${options.seq}"`, 'take it from `ficus history`');
  }
  const body = { reason: options.reason, actor: actor(cli), ...(seq === undefined ? {} : { seq }) };
  await withAdmin(cli, options, async (admin) => {
    const all = options.json ? [] : (await admin.get<{ uplinks: UplinkStatus[] }>('/uplinks')).uplinks;
    const applied = await admin.send<Applied>('POST', '/undo', body);
    if (options.json) return json(cli.io, applied);
    cli.io.out(
      appliedReport(
        applied,
        all.find((one) => one.name === applied.uplink.name),
      ),
    );
  });
}

/** Pairs as an object; a child named twice is a slip that must not be settled by order. */
function once<T>(pairs: readonly (readonly [string, T])[]): Record<string, T> {
  const named = new Map<string, T>();
  for (const [child, value] of pairs) {
    if (named.has(child)) throw usageError(`${child} is named twice`, 'name each child once');
    named.set(child, value);
  }
  return Object.fromEntries(named);
}

function weightPair(text: string): [string, number] {
  const [child, value] = pair(text, 'vm-1=90');
  if (!/^\d{1,4}$/.test(value) || Number(value) > mostWeight) {
    throw usageError(
      `a weight is a whole number from 0 to ${mostWeight}, got "${value}" for ${child}`,
      'write it as vm-1=90; weights count relative to each other',
    );
  }
  return [child, Number(value)];
}

function modePair(text: string): [string, LegMode] {
  const [child, value] = pair(text, 'vm-1=standby');
  const mode = modes.find((one) => one === value);
  if (mode === undefined) {
    throw usageError(
      `a mode is one of ${modes.join(', ')}, got "${value}" for ${child}`,
      'write it as vm-1=standby',
    );
  }
  return [child, mode];
}

function sessionSeconds(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000 && ms <= mostSessionsMs) return Math.ceil(ms / 1000);
  throw usageError(`--sessions-for wants 1s to 8760h, got "${text}"`, 'write it as 30m or 12h');
}

function pair(text: string, example: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw usageError(`want <child>=<value>, got "${text}"`, `write it as ${example}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
