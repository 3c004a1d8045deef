/** Checks configuration files as a starting node would, and collects everything that is wrong. */
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { type ConfigProblem, formatProblem } from '@ficus/common/config/problem.ts';
import { tomlRefused } from '@ficus/gateway/config/find-files.ts';
import { checkChild, checkDynamicFiles, checkParent } from './check-model.ts';
import { type ConfigKind, configKind } from './config-kind.ts';
import type { Findings } from './read-input.ts';

/** One file and every problem in it, in its order. */
export interface CheckedFile {
  /** As it was named; relative to the current directory when a static configuration names it. */
  readonly file: string;
  readonly kind: ConfigKind;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Checks the named files and the dynamic ones that static ones among them name. Dynamic files that no static one names
 * are checked together, as one provider. A file that can't be read is a problem at its first character.
 */
export async function checkFiles(files: readonly string[], cwd: string): Promise<readonly CheckedFile[]> {
  const found = new Map<string, { kind: ConfigKind; problems: Map<string, ConfigProblem> }>();
  const shown = (file: string) => {
    const path = resolve(cwd, file);
    const named = files.find((one) => resolve(cwd, one) === path);
    return named ?? (path.startsWith(`${resolve(cwd)}/`) ? relative(cwd, path) : path);
  };
  const note = (kind: ConfigKind, findings: Findings) => {
    for (const file of findings.files) {
      if (!found.has(shown(file))) found.set(shown(file), { kind, problems: new Map() });
    }
    for (const problem of findings.problems) {
      const file = shown(problem.file);
      const entry = found.get(file) ?? { kind: 'dynamic', problems: new Map() };
      found.set(file, entry);
      entry.problems.set(formatProblem({ ...problem, file }), { ...problem, file });
    }
  };

  const loose: string[] = [];
  for (const file of files) {
    const path = resolve(cwd, file);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      const message = `want a file that can be read, got ${error.code}`;
      note('dynamic', { files: [path], problems: [{ file: path, line: 1, column: 1, path: [], message }] });
    });
    if (text === undefined) continue;
    const kind = configKind(text);
    if (/\.toml$/i.test(path)) {
      const problem = { file: path, line: 1, column: 1, path: [], message: tomlRefused };
      note(kind, { files: [path], problems: [problem] });
      continue;
    }
    if (kind === 'dynamic') {
      loose.push(path);
      continue;
    }
    note(kind, { files: [path], problems: [] });
    note('dynamic', await (kind === 'parent' ? checkParent(text, path) : checkChild(text, path)));
  }
  const alone = loose.filter((path) => !found.has(shown(path)));
  if (alone.length > 0) note('dynamic', await checkDynamicFiles(alone));
  return [...found].map(([file, { kind, problems }]) => ({
    file,
    kind,
    problems: [...problems.values()].sort((a, b) => a.line - b.line || a.column - b.column),
  }));
}
