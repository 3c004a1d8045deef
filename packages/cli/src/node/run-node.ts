/** `ficus parent` and `ficus child`: reads the configuration, starts the node, and stops it at a signal. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { createLog, type Log, type LogOptions } from '@ficus/common/log.ts';
import { configKind } from '../commands/config-kind.ts';
import { refusedConfiguration } from '../output/configuration.ts';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';

/** Starts the node and returns once it serves; the process lives on until a signal ends it. */
export async function runNode(role: 'parent' | 'child', args: readonly string[], io: Io): Promise<number> {
  const configFile = resolve(io.cwd, configOf(role, args));
  const text = await readFile(configFile, 'utf8');
  if (role === 'parent') {
    const { decodeParentConfig } = await import('@ficus/parent/config/parent-config.ts');
    const decoded = decodeParentConfig(text, configFile);
    if (!decoded.ok) throw otherKind(role, text, configFile) ?? refusedConfiguration(decoded.problems);
    const config = decoded.value;
    if (config.workers > 0) (await import('./control-heap.ts')).keepControlHeapSmall();
    const log = nodeLog(role, config.log);
    const { startParent } = await import('@ficus/parent/parent.ts');
    await told(log, () => startParent({ config, configFile, log, clock: systemClock }));
  } else {
    const { loadChildConfig } = await import('@ficus/child/state/load-config.ts');
    // A mistake in the file must not keep a restarted child from serving what it served before.
    const config = await loadChildConfig(configFile, createLog({ fields: { role } })).catch(
      (error: unknown) => {
        throw otherKind(role, text, configFile) ?? error;
      },
    );
    const log = nodeLog(role, config.log);
    const { startChild } = await import('@ficus/child/child.ts');
    await told(log, () => startChild({ config, configFile, log, clock: systemClock }));
  }
  return 0;
}

/** Starts a node and tells systemd, if it wants to know, how that goes, that the node lives, and when it stops. */
async function told(log: Log, start: () => Promise<unknown>): Promise<void> {
  const manager =
    process.env['NOTIFY_SOCKET'] === undefined
      ? undefined
      : (await import('@ficus/common/systemd/notify.ts')).serviceManager({
          clock: systemClock,
          log: (level, message, fields) => log[level](fields ?? {}, message),
        });
  await start();
  if (manager === undefined) return;
  manager.ready();
  // What they mean to the node it knows itself.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => manager.stopping());
}

/** The error for a refused file that looks like another kind's: key by key it would only be told what it is not. */
function otherKind(role: 'parent' | 'child', text: string, file: string): FicusError | undefined {
  const kind = configKind(text);
  if (kind === role) return undefined;
  const dynamic = kind === 'dynamic';
  const found = dynamic ? 'dynamic configuration' : `a ${kind}'s configuration`;
  const remedy = dynamic
    ? `name it under providers.file of the ${role}'s configuration`
    : `start it as \`ficus ${kind} --config ${file}\``;
  return new FicusError('config.other-kind', `${file}: want a ${role}'s configuration, found ${found}`, {
    remedy,
  });
}

function nodeLog(role: string, options: LogOptions) {
  return createLog({ ...options, fields: { role } });
}

function configOf(role: string, args: readonly string[]): string {
  const remedy = `start it as \`ficus ${role} --config ${role}.yaml\``;
  try {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
    if (values.config !== undefined && values.config !== '') return values.config;
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error), remedy);
  }
  throw usageError('want --config <file>, got none', remedy);
}
