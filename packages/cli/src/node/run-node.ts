/** `ficus parent` and `ficus child`: reads the configuration, starts the node, and stops it at a signal. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@ficus/common/clock.ts';
import type { Decoded } from '@ficus/common/config/decode.ts';
import { createLog, type LogOptions } from '@ficus/common/log.ts';
import { refusedConfiguration } from '../output/configuration.ts';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';

/** Starts the node and returns once it serves; the process lives on until a signal ends it. */
export async function runNode(role: 'parent' | 'child', args: readonly string[], io: Io): Promise<number> {
  const configFile = resolve(io.cwd, configOf(role, args));
  const text = await readFile(configFile, 'utf8');
  if (role === 'parent') {
    const { decodeParentConfig } = await import('@ficus/parent/config/parent-config.ts');
    const config = requireValue(decodeParentConfig(text, configFile));
    const log = nodeLog(role, config.log);
    const { startParent } = await import('@ficus/parent/parent.ts');
    await startParent({ config, configFile, log, clock: systemClock });
  } else {
    const { decodeChildConfig } = await import('@ficus/child/config/child-config.ts');
    const config = requireValue(decodeChildConfig(text, configFile));
    const log = nodeLog(role, config.log);
    const { startChild } = await import('@ficus/child/child.ts');
    await startChild({ config, configFile, log, clock: systemClock });
  }
  return 0;
}

function nodeLog(role: string, options: LogOptions) {
  return createLog({ ...options, fields: { role } });
}

function requireValue<T>(decoded: Decoded<T>): T {
  if (decoded.ok) return decoded.value;
  throw refusedConfiguration(decoded.problems);
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
