/** Reads configuration files into what is resolved, as a starting node would, without starting anything. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import type { DynamicSource, ResolveInput, UplinkIdentityModel } from '@ficus/gateway/model/resolve-input.ts';

/** Files that were read, and the problems in them. */
export interface Findings {
  readonly files: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

export interface InputReading extends Findings {
  /** Absent when a file that it needs cannot be decoded. */
  readonly input?: ResolveInput;
}

/** Stands in for a child's identity, which checking needs none of. */
const noIdentity: UplinkIdentityModel = {
  header: 'ficus-uplink',
  certificate: { names: [], cert: '', key: '' },
  roots: [],
  peers: [],
};

/** The entrypoint of routers that name none, where no static configuration says what there is. */
export const defaultEntryPoint = 'default';

/** A parent's static configuration with the dynamic files it names. */
export async function parentInput(text: string, file: string): Promise<InputReading> {
  const { decodeParentConfig } = await import('@ficus/parent/config/parent-config.ts');
  const decoded = decodeParentConfig(text, file);
  if (!decoded.ok) return { files: [file], problems: decoded.problems };
  const { files, problems, source } = await readProvider(decoded.value.file);
  const { entryPoints } = decoded.value;
  if (problems.length > 0) return { files, problems };
  return { files, problems, input: { dynamic: source === undefined ? [] : [source], entryPoints } };
}

/** A child's static configuration with its workloads and the dynamic files it names. */
export async function childInput(text: string, file: string): Promise<InputReading> {
  const { decodeChildConfig } = await import('@ficus/child/config/child-config.ts');
  const decoded = decodeChildConfig(text, file);
  if (!decoded.ok) return { files: [file], problems: decoded.problems };
  const { entryPoints, uplinkEntryPoints, inline, workloads } = decoded.value;
  const reading = await readProvider(decoded.value.file);
  const inside = await withFiles('child', inline, decoded.at, dirname(file));
  return {
    files: [file, ...reading.files],
    problems: [...reading.problems, ...inside.problems],
    input: {
      dynamic: [
        ...(reading.source === undefined ? [] : [reading.source]),
        inside.source,
        { provider: 'workloads', config: workloads },
      ],
      entryPoints,
      uplinkEntryPoints,
      uplinkIdentity: noIdentity,
    },
  };
}

/** Dynamic files by themselves: their entrypoints are taken to exist. */
export async function dynamicInput(files: readonly string[]): Promise<InputReading> {
  const [{ decodeDynamic }, { mergeFiles }, { absoluteFiles }] = await Promise.all([
    import('@ficus/gateway/config/dynamic.ts'),
    import('@ficus/gateway/config/merge-files.ts'),
    import('@ficus/gateway/config/file-references.ts'),
  ]);
  const problems: ConfigProblem[] = [];
  const decoded: Parameters<typeof mergeFiles>[0][number][] = [];
  for (const file of files) {
    const result = decodeDynamic(await readFile(file, 'utf8'), file);
    if (result.ok) decoded.push({ file, config: absoluteFiles(result.value, dirname(file)), at: result.at });
    else problems.push(...result.problems);
  }
  // With a file missing from the whole, references into it would look wrong.
  if (problems.length > 0) return { files, problems };
  const merged = mergeFiles(decoded);
  const inside = await withFiles('file', merged.config, merged.at, '/');
  return {
    files,
    problems: [...merged.problems, ...inside.problems],
    input: {
      dynamic: [inside.source],
      entryPoints: named(merged.config.http?.routers, ':80'),
      uplinkEntryPoints: named(merged.config.http?.uplinks, ':9443'),
      uplinkIdentity: noIdentity,
    },
  };
}

/** Entrypoints of every name that is used, and one for those who name none. */
function named(
  users: Readonly<Record<string, { readonly entryPoints?: readonly string[] }>> | undefined,
  address: string,
): Record<string, { address: string }> {
  const names = Object.values(users ?? {}).flatMap((user) => user.entryPoints ?? []);
  return Object.fromEntries([defaultEntryPoint, ...names].map((name) => [name, { address }]));
}

async function readProvider(
  config: Parameters<typeof import('@ficus/gateway/config/read-files.ts').readFileProvider>[0] | undefined,
): Promise<Findings & { readonly source?: DynamicSource }> {
  if (config === undefined) return { files: [], problems: [] };
  const { readFileProvider } = await import('@ficus/gateway/config/read-files.ts');
  return readFileProvider(config);
}

async function withFiles(
  provider: string,
  config: DynamicConfig,
  at: NonNullable<DynamicSource['at']>,
  folder: string,
): Promise<{ readonly source: DynamicSource; readonly problems: readonly ConfigProblem[] }> {
  const [{ loadFiles }, { absoluteFiles }] = await Promise.all([
    import('@ficus/gateway/config/load-files.ts'),
    import('@ficus/gateway/config/file-references.ts'),
  ]);
  const absolute = absoluteFiles(config, folder);
  const { files, problems, unread } = await loadFiles(absolute, at);
  return { source: { provider, config: absolute, at, files, unread }, problems };
}
