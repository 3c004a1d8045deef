/** One reading of `providers.file`: find, read, decode, assemble. */
import { createHash } from 'node:crypto';
import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '../model/resolve-input.ts';
import { assemble, type FileEntry } from './assemble-files.ts';
import { DynamicDecoder } from './dynamic.ts';
import { absoluteFiles } from './file-references.ts';
import { findFiles } from './find-files.ts';
import { readText } from './load-files.ts';
import type { FileProviderConfig } from './static.ts';

/** Bytes of one configuration file; the decoder says the same. */
const maxBytes = 4 * 1024 * 1024;

export interface FileReading {
  /** Absent when there are problems. */
  readonly source?: DynamicSource;
  readonly problems: readonly ConfigProblem[];
  /** Same content or same problems, same fingerprint. */
  readonly fingerprint: string;
  /** Fingerprint of what `source` says. */
  readonly content: string;
  /** Where changes may happen. */
  readonly folders: readonly string[];
  /** Every file that was read, certificates included. */
  readonly files: readonly string[];
  /** The configuration files that are there, sorted. */
  readonly entries: readonly FileEntry[];
}

/** By file: what one reading remembers for the next. */
export type Decoders = Map<string, DynamicDecoder>;

/** Reads everything once. Never rejects: what goes wrong is a problem. `known`: the files as they last counted. */
export async function readFileProvider(
  config: FileProviderConfig,
  decoders: Decoders = new Map(),
  known: ReadonlyMap<string, FileEntry> = new Map(),
): Promise<FileReading> {
  const found = await findFiles(config);
  const problems = [...found.problems];
  const hash = createHash('sha256');
  const entries: FileEntry[] = found.unusable.map((file) => ({ file, text: '' }));
  for (const file of found.files) {
    const read = await readText(file, maxBytes);
    if (!read.ok) {
      // Removed since its folder was listed: gone, and no mistake. A link that leads nowhere is one.
      if (config.directory !== undefined && (await isGone(file))) continue;
      problems.push({ file, line: 1, column: 1, path: [], message: `cannot read it: ${read.reason}` });
      entries.push({ file, text: '' });
      continue;
    }
    const text = createHash('sha256').update(read.text).digest('hex');
    hash.update(`${file.length}:${file}${text}`);
    const decoder = decoders.get(file) ?? new DynamicDecoder(file);
    decoders.set(file, decoder);
    const result = decoder.decode(read.text);
    if (!result.ok) problems.push(...result.problems);
    const decoded = result.ok
      ? { decoded: { file, config: absoluteFiles(result.value, dirname(file)), at: result.at } }
      : {};
    entries.push({ file, text, ...decoded });
  }
  const present = new Set(found.files);
  for (const file of decoders.keys()) if (!present.has(file)) decoders.delete(file);
  hash.update(JSON.stringify(problems));
  entries.sort((a, b) => (a.file < b.file ? -1 : 1));
  const settled = new Set(
    entries.filter(({ file, text }) => known.get(file)?.text === text).map(({ file }) => file),
  );
  const whole = await assemble(entries, { settled });
  problems.push(...whole.problems);
  return {
    ...(problems.length > 0 ? {} : { source: whole.source }),
    problems,
    fingerprint: hash.update(whole.named).digest('hex'),
    content: whole.content,
    folders: [...new Set([...found.folders, ...whole.references.map((file) => dirname(file))])],
    files: [...found.files, ...whole.references],
    entries,
  };
}

async function isGone(file: string): Promise<boolean> {
  return lstat(file).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOENT' || code === 'ENOTDIR',
  );
}

/** Changes when a file or folder was replaced or written, symbolic links followed. Cheap enough for every second. */
export async function statSignature(paths: readonly string[]): Promise<string> {
  const stats = await Promise.all(
    paths.map(async (path) => {
      const entry = await stat(path, { bigint: true }).catch(() => undefined);
      return entry === undefined
        ? '-'
        : `${entry.dev}:${entry.ino}:${entry.size}:${entry.mtimeNs}:${entry.ctimeNs}`;
    }),
  );
  return stats.join(' ');
}
