/** Decoded files → one source: merged, with the certificates and users files they name. */
import { createHash } from 'node:crypto';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '../model/resolve-input.ts';
import { fileReferences } from './file-references.ts';
import { type LoadedFiles, loadFiles } from './load-files.ts';
import { type DecodedFile, mergeFiles } from './merge-files.ts';

/** One configuration file as it was read. */
export interface FileEntry {
  readonly file: string;
  /** Fingerprint of its text; empty: it could not be read. */
  readonly text: string;
  /** Absent when it cannot be read or has mistakes. */
  readonly decoded?: DecodedFile;
}

export interface AssembleOptions {
  /** Files as they were when all was well: the other one is at fault when a name is in two. */
  readonly settled?: ReadonlySet<string>;
  /** By name: contents that count in place of what is on disk. */
  readonly remembered?: ReadonlyMap<string, string>;
}

export interface Assembled {
  /** Without what the problems are about. */
  readonly source: DynamicSource;
  readonly problems: readonly ConfigProblem[];
  /** Fingerprint of what the source says. */
  readonly content: string;
  /** Fingerprint of the named files as they are on disk. */
  readonly named: string;
  /** Names of the files they name. */
  readonly references: readonly string[];
}

/** Never rejects. Entries that could not be decoded are passed over. */
export async function assemble(
  entries: readonly FileEntry[],
  { settled, remembered = new Map() }: AssembleOptions = {},
): Promise<Assembled> {
  const decoded = entries.flatMap((entry) => (entry.decoded === undefined ? [] : [entry.decoded]));
  const { config, at, problems } = mergeFiles(decoded, settled);
  const read = await loadFiles(config, at);
  const references = fileReferences(config);
  const known = new Set(
    references.filter(({ file }) => remembered.has(file)).map(({ path }) => JSON.stringify(path)),
  );
  const missing = read.problems.filter(({ path }) => !known.has(JSON.stringify(path)));
  const files = new Map([...read.files, ...remembered]);
  const unread = new Map([...read.unread].filter(([name]) => !remembered.has(name)));
  const names = [...new Set(references.map(({ file }) => file))];
  const texts = entries.filter((entry) => entry.decoded !== undefined).map(({ file, text }) => [file, text]);
  return {
    source: { provider: 'file', config, at, files, unread },
    problems: [...problems, ...missing],
    content: digest([texts, [...files].sort(), [...unread]]),
    named: namedFingerprint(read),
    references: names,
  };
}

/** The same as long as each of these files has the same content, or cannot be read for the same reason. */
function namedFingerprint({ files, unread, problems }: LoadedFiles): string {
  return digest([[...files], [...unread], problems.map(({ message }) => message)]);
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
