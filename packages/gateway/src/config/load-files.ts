/** Reads the certificate and users files that dynamic configuration names. */
import { constants, open } from 'node:fs/promises';
import type { At } from '@ficus/common/config/decode.ts';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicConfig } from './dynamic.ts';
import { fileReferences } from './file-references.ts';

/** Bytes of one certificate, key or users file. */
const maxFileBytes = 1024 * 1024;

export interface LoadedFiles {
  /** File name as in the configuration → content: `files` of a `DynamicSource`. */
  readonly files: ReadonlyMap<string, string>;
  /** Files without which nothing can serve and that could not be read, where they are named. */
  readonly problems: readonly ConfigProblem[];
  /** Files of middlewares that could not be read, and why: `unread` of a `DynamicSource`. */
  readonly unread: ReadonlyMap<string, string>;
}

/** Reads each file once. Names must be absolute (`absoluteFiles`). */
export async function loadFiles(config: DynamicConfig, at: At): Promise<LoadedFiles> {
  const files = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  const unread = new Map<string, string>();
  for (const { file, path, ofMiddleware } of fileReferences(config)) {
    if (files.has(file)) continue;
    const read = await readText(file, maxFileBytes);
    if (read.ok) files.set(file, read.text);
    else if (ofMiddleware) unread.set(file, read.reason);
    else problems.push({ ...at(path), path, message: `cannot read ${JSON.stringify(file)}: ${read.reason}` });
  }
  return { files, problems, unread };
}

export type ReadText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** The text of a regular file of at most `limit` bytes, or why not, in words. Never throws. */
export async function readText(file: string, limit: number): Promise<ReadText> {
  try {
    // Without O_NONBLOCK a pipe that nobody writes to would keep us waiting for ever.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) return { ok: false, reason: 'it is not a file' };
    if (stat.size > limit) return { ok: false, reason: `it has more than ${limit} bytes` };
    return { ok: true, text: await handle.readFile('utf8') };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'no permission to read it',
  ENOTDIR: 'part of its path is not a folder',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead in a circle',
};

/** What went wrong with a file, for people. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return reasons[code] ?? code;
}
