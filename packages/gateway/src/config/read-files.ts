/** One reading of `providers.file`: find, read, decode, merge, and read the certificates. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '../model/resolve-input.ts';
import { DynamicDecoder } from './dynamic.ts';
import { absoluteFiles, fileReferences } from './file-references.ts';
import { findFiles } from './find-files.ts';
import { loadFiles, readText } from './load-files.ts';
import { type DecodedFile, mergeFiles } from './merge-files.ts';
import type { FileProviderConfig } from './static.ts';

/** Bytes of one configuration file; the decoder says the same. */
const maxBytes = 4 * 1024 * 1024;

export interface FileReading {
  /** Absent when there are problems: a reading counts whole or not at all. */
  readonly source?: DynamicSource;
  readonly problems: readonly ConfigProblem[];
  /** Same content or same problems, same fingerprint. */
  readonly fingerprint: string;
  /** Where changes may happen. */
  readonly folders: readonly string[];
  /** Every file that was read, certificates included. */
  readonly files: readonly string[];
}

/** By file: what one reading remembers for the next. */
export type Decoders = Map<string, DynamicDecoder>;

/** Reads everything once. Never rejects: what goes wrong is a problem. */
export async function readFileProvider(
  config: FileProviderConfig,
  decoders: Decoders = new Map(),
): Promise<FileReading> {
  const found = await findFiles(config);
  const problems = [...found.problems];
  const hash = createHash('sha256');
  const decoded: DecodedFile[] = [];
  for (const file of found.files) {
    const read = await readText(file, maxBytes);
    if (!read.ok) {
      problems.push({ file, line: 1, column: 1, path: [], message: `cannot read it: ${read.reason}` });
      continue;
    }
    hash.update(`${file.length}:${file}${read.text.length}:`).update(read.text);
    const decoder = decoders.get(file) ?? new DynamicDecoder(file);
    decoders.set(file, decoder);
    const result = decoder.decode(read.text);
    if (result.ok) decoded.push({ file, config: absoluteFiles(result.value, dirname(file)), at: result.at });
    else problems.push(...result.problems);
  }
  const present = new Set(found.files);
  for (const file of decoders.keys()) if (!present.has(file)) decoders.delete(file);
  const merged = mergeFiles(decoded);
  const loaded = await loadFiles(merged.config, merged.at);
  problems.push(...merged.problems, ...loaded.problems);
  for (const entry of [...loaded.files, ...loaded.unread]) hash.update(JSON.stringify(entry));
  hash.update(JSON.stringify(problems));
  const certificates = fileReferences(merged.config).map(({ file }) => file);
  return {
    ...(problems.length > 0
      ? {}
      : {
          source: {
            provider: 'file',
            config: merged.config,
            at: merged.at,
            files: loaded.files,
            unread: loaded.unread,
          },
        }),
    problems,
    fingerprint: hash.digest('hex'),
    folders: [...new Set([...found.folders, ...certificates.map((file) => dirname(file))])],
    files: [...found.files, ...certificates],
  };
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
