/** Decodes configuration files and collects what is wrong with them. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Decoded } from '@ficus/common/config/decode.ts';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import { type ConfigKind, configKind } from './config-kind.ts';

/** One file and every problem in it, in its order. */
export interface CheckedFile {
  /** As it was named. */
  readonly file: string;
  readonly kind: ConfigKind;
  readonly problems: readonly ConfigProblem[];
}

/** Checks each file; a file that can't be read is a problem at its first character. */
export function checkFiles(files: readonly string[], cwd: string): Promise<readonly CheckedFile[]> {
  return Promise.all(files.map((file) => checkFile(file, cwd)));
}

async function checkFile(file: string, cwd: string): Promise<CheckedFile> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = `want a file that can be read, got ${found}`;
    return { file, kind: 'dynamic', problems: [{ file, line: 1, column: 1, path: [], message }] };
  }
  const kind = configKind(text);
  const decoded = await decode(kind, text, file);
  return { file, kind, problems: decoded.ok ? [] : decoded.problems };
}

async function decode(kind: ConfigKind, text: string, file: string): Promise<Decoded<unknown>> {
  if (kind === 'parent')
    return (await import('@ficus/parent/config/parent-config.ts')).decodeParentConfig(text, file);
  if (kind === 'child')
    return (await import('@ficus/child/config/child-config.ts')).decodeChildConfig(text, file);
  return (await import('@ficus/gateway/config/dynamic.ts')).decodeDynamic(text, file);
}
