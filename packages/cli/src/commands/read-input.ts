/** Reads configuration files into what is resolved, as a starting node would, without starting anything. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import type { DynamicSource, ResolveInput, UplinkIdentityModel } from '@ficus/gateway/model/resolve-input.ts';
import type { Undecoded } from './undecoded.ts';

/** Files that were read, and the problems in them. */
export interface Findings {
  readonly files: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

export interface InputReading extends Findings {
  /** Absent when a static file cannot be decoded; with `undecoded`, what the other files come to. */
  readonly input?: ResolveInput;
  /** Dynamic files that cannot be decoded; problems that these explain are none. */
  readonly undecoded?: Undecoded;
}

/** What a file provider's files come to, those that can be decoded. */
interface ProviderReading extends Findings {
  readonly source?: DynamicSource;
  readonly undecoded?: Undecoded;
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
  const { source, ...reading } = await readProvider(decoded.value.file);
  const { entryPoints } = decoded.value;
  if (source === undefined && reading.problems.length > 0) return reading;
  return { ...reading, input: { dynamic: source === undefined ? [] : [source], entryPoints } };
}

/** A child's static configuration with its workloads and the dynamic files it names. */
export async function childInput(text: string, file: string): Promise<InputReading> {
  const { decodeChildConfig } = await import('@ficus/child/config/child-config.ts');
  const decoded = decodeChildConfig(text, file);
  if (!decoded.ok) return { files: [file], problems: decoded.problems };
  const { entryPoints, uplinkEntryPoints, inline, workloads, prism } = decoded.value;
  const reading = await readProvider(decoded.value.file);
  const inside = await withFiles('child', inline, decoded.at, dirname(file));
  const base = await readBase(prism?.filename);
  return {
    files: [file, ...reading.files, ...base.files],
    problems: [...reading.problems, ...inside.problems, ...base.problems],
    ...(reading.undecoded === undefined ? {} : { undecoded: reading.undecoded }),
    input: {
      dynamic: [
        ...(reading.source === undefined ? [] : [reading.source]),
        inside.source,
        { provider: 'workloads', config: workloads },
        // Which VMs there are is not asked: what names their services is no mistake.
        ...(prism === undefined
          ? []
          : [{ provider: 'nutanixprismcentral', config: {}, awaited: 'no VM is asked for' }]),
      ],
      entryPoints,
      uplinkEntryPoints,
      uplinkIdentity: noIdentity,
    },
  };
}

/** The base file of the Prism Central provider. */
async function readBase(file: string | undefined): Promise<Findings> {
  if (file === undefined) return { files: [], problems: [] };
  const { decodeBase } = await import('@ficus/child/prism/base-file.ts');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error) {
    const message = `want a file that can be read, got ${text.code}`;
    return { files: [file], problems: [{ file, line: 1, column: 1, path: [], message }] };
  }
  const decoded = decodeBase(text, file);
  return { files: [file], problems: decoded.ok ? [] : decoded.problems };
}

/** Dynamic files by themselves: their entrypoints are taken to exist. */
export async function dynamicInput(files: readonly string[]): Promise<InputReading> {
  const { source, http, ...reading } = await decodableOf(files);
  return {
    ...reading,
    input: {
      dynamic: [source],
      entryPoints: named(http?.routers, ':80'),
      uplinkEntryPoints: named(http?.uplinks, ':9443'),
      uplinkIdentity: noIdentity,
    },
  };
}

interface Decodable extends ProviderReading {
  readonly source: DynamicSource;
  /** As written in these files. */
  readonly http: DynamicConfig['http'];
}

/** All problems of these files, and what those come to that can be decoded. */
async function decodableOf(files: readonly string[]): Promise<Decodable> {
  const [{ decodeDynamic }, { mergeFiles }, { absoluteFiles }, { Undecoded: Those }] = await Promise.all([
    import('@ficus/gateway/config/dynamic.ts'),
    import('@ficus/gateway/config/merge-files.ts'),
    import('@ficus/gateway/config/file-references.ts'),
    import('./undecoded.ts'),
  ]);
  const problems: ConfigProblem[] = [];
  const broken: string[] = [];
  const decoded: Parameters<typeof mergeFiles>[0][number][] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    const result = decodeDynamic(text, file);
    if (result.ok) {
      decoded.push({ file, config: absoluteFiles(result.value, dirname(file)), at: result.at });
    } else {
      problems.push(...result.problems);
      broken.push(text);
    }
  }
  const merged = mergeFiles(decoded);
  const undecoded = new Those(broken);
  const inside = await withFiles('file', undecoded.complete(merged.config), merged.at, '/');
  return {
    files,
    problems: [...problems, ...merged.problems, ...inside.problems],
    source: inside.source,
    http: merged.config.http,
    undecoded,
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
): Promise<ProviderReading> {
  if (config === undefined) return { files: [], problems: [] };
  const [{ readFileProvider }, { findFiles }] = await Promise.all([
    import('@ficus/gateway/config/read-files.ts'),
    import('@ficus/gateway/config/find-files.ts'),
  ]);
  const { files, problems, source } = await readFileProvider(config);
  if (source !== undefined || problems.length === 0)
    return { files, problems, ...(source === undefined ? {} : { source }) };
  const found = await findFiles(config);
  // What is in a file that cannot even be read nobody knows: everything could be missing for that.
  if (found.problems.length > 0) return { files, problems };
  const rest = await decodableOf(found.files);
  return { ...rest, files, problems };
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
