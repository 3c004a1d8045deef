/** Decodes and resolves one golden input, and writes what came of it as text. */
import { readFileSync } from 'node:fs';
import { basename, resolve as resolvePath } from 'node:path';
import { decodeChildConfig } from '@ficus/child/config/child-config.ts';
import { type ConfigProblem, formatProblem } from '@ficus/common/config/problem.ts';
import { decodeDynamic } from '@ficus/gateway/config/dynamic.ts';
import { absoluteFiles } from '@ficus/gateway/config/file-references.ts';
import { loadFiles } from '@ficus/gateway/config/load-files.ts';
import { resolve } from '@ficus/gateway/model/resolve.ts';
import type { DynamicSource, ResolveInput } from '@ficus/gateway/model/resolve-input.ts';
import { decodeParentConfig } from '@ficus/parent/config/parent-config.ts';
import { multiclusterFragment, testIdentity } from './fixtures.ts';

export interface Outcome {
  /** The configuration or the resolved model, as JSON; absent when the input is refused. */
  readonly out?: string;
  /** One line for each problem; absent when there are none. */
  readonly problems?: string;
}

/** The kind of configuration is the first word of the file's name: `parent`, `child` and `prism` (a child's), `entrypoint` (a parent's); else dynamic. */
export async function outcomeOf(file: string): Promise<Outcome> {
  const text = readFileSync(file, 'utf8');
  const name = basename(file);
  if (name.startsWith('parent-')) return parentOutcome(text, name);
  if (name.startsWith('entrypoint-') && /^entryPoints:/m.test(text)) return entryPointOutcome(text, name);
  if (name.startsWith('child-') || name.startsWith('prism-')) return childOutcome(text, name);
  return dynamicOutcome(text, file);
}

function parentOutcome(text: string, name: string): Outcome {
  const decoded = decodeParentConfig(text, name);
  if (!decoded.ok) return outcome(undefined, decoded.problems);
  const { model } = resolve({ dynamic: [], entryPoints: decoded.value.entryPoints });
  return outcome({ config: decoded.value, entryPoints: model.entryPoints }, []);
}

/** What a parent's file makes of its entrypoints: themselves, and the routers and middlewares of their redirections. */
function entryPointOutcome(text: string, name: string): Outcome {
  const decoded = decodeParentConfig(text, name);
  if (!decoded.ok) return outcome(undefined, decoded.problems);
  const { model, disabled } = resolve({ dynamic: [], entryPoints: decoded.value.entryPoints });
  const { entryPoints, routers, middlewares } = model;
  return outcome({ lifeCycle: decoded.value.lifeCycle, entryPoints, routers, middlewares, disabled }, []);
}

function childOutcome(text: string, name: string): Outcome {
  const decoded = decodeChildConfig(text, name);
  if (!decoded.ok) return outcome(undefined, decoded.problems);
  const { inline, workloads, ...config } = decoded.value;
  const { entryPoints, uplinkEntryPoints } = config;
  const resolved = resolve({
    dynamic: [
      { provider: 'child', config: inline, at: decoded.at },
      { provider: 'workloads', config: workloads },
    ],
    entryPoints,
    uplinkEntryPoints,
    uplinkIdentity: testIdentity,
  });
  const { problems, ...rest } = resolved;
  return outcome({ config, ...rest }, problems);
}

async function dynamicOutcome(text: string, file: string): Promise<Outcome> {
  const name = basename(file);
  const decoded = decodeDynamic(text, name);
  if (!decoded.ok) return outcome(undefined, decoded.problems);
  const config = absoluteFiles(decoded.value, resolvePath(file, '..'));
  const { files, problems: missing, unread } = await loadFiles(config, decoded.at);
  if (missing.length > 0) return outcome(undefined, missing);
  const source: DynamicSource = { provider: 'file', config, at: decoded.at, files, unread };
  const input: ResolveInput = {
    dynamic: [source],
    entryPoints: { web: { address: ':80' }, websecure: { address: ':443', http: { tls: {} } } },
    extra: [multiclusterFragment],
  };
  const { problems, ...rest } = resolve(input);
  return outcome(rest, problems);
}

function outcome(value: unknown, problems: readonly ConfigProblem[]): Outcome {
  return {
    ...(value === undefined ? {} : { out: `${portable(JSON.stringify(value, undefined, 2))}\n` }),
    ...(problems.length === 0 ? {} : { problems: `${portable(problems.map(formatProblem).join('\n'))}\n` }),
  };
}

/** Without the folder of this checkout, and without certificates and keys. */
function portable(text: string): string {
  return text
    .replaceAll(`${resolvePath(import.meta.dirname, 'cases')}/`, '<cases>/')
    .replaceAll(`${process.cwd()}/`, '<folder>/')
    .replace(/"-----BEGIN ([A-Z ]+)-----[^"]*"/g, '"<$1>"');
}
