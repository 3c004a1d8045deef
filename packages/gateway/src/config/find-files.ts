/** Finds the files of `providers.file`. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import { reasonOf } from './load-files.ts';
import type { FileProviderConfig } from './static.ts';

export const tomlRefused = 'TOML is not supported yet: write it as YAML, the keys are the same';
const maxFiles = 1000;
const maxDepth = 16;

export interface FoundFiles {
  /** Absolute, sorted. */
  readonly files: readonly string[];
  /** Absolute: they are there and cannot be taken; each has a problem. */
  readonly unusable: readonly string[];
  /** Folders in which a change may matter, those above and behind symbolic links included. */
  readonly folders: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** `filename`, or every `.yml`, `.yaml` and `.json` in `directory` and below; names that start with a dot are left out. */
export async function findFiles(config: FileProviderConfig): Promise<FoundFiles> {
  const search = new Search();
  if (config.filename !== undefined) {
    await search.file(config.filename);
  } else if (config.directory !== undefined) {
    search.folders.add(dirname(config.directory));
    await search.folder(config.directory, 0, []);
  }
  const { unusable, problems } = search;
  return { files: search.files.sort(), unusable, folders: [...search.folders], problems };
}

class Search {
  readonly files: string[] = [];
  readonly unusable: string[] = [];
  readonly folders = new Set<string>();
  readonly problems: ConfigProblem[] = [];

  async folder(folder: string, depth: number, above: readonly string[]): Promise<void> {
    this.folders.add(folder);
    try {
      const real = await realpath(folder);
      this.folders.add(real);
      // A link to a folder we are in would never end.
      if (above.includes(real)) return;
      if (depth > maxDepth) return this.#problem(folder, `folders are nested more than ${maxDepth} deep`);
      for (const name of (await readdir(folder)).sort()) {
        // Dots are for editors' swap files and for Kubernetes' `..data`, which the visible links lead to.
        if (name.startsWith('.')) continue;
        const path = join(folder, name);
        const entry = await stat(path).catch(() => undefined);
        if (entry?.isDirectory()) await this.folder(path, depth + 1, [...above, real]);
        else if (/^\.(ya?ml|json|toml)$/.test(extname(name))) await this.file(path);
      }
    } catch (error) {
      this.#problem(folder, `cannot read folder: ${reasonOf(error)}`);
    }
  }

  async file(file: string): Promise<void> {
    this.folders.add(dirname(file));
    const real = await realpath(file).catch(() => undefined);
    if (real !== undefined) this.folders.add(dirname(real));
    if (extname(file) === '.toml') {
      this.#unusable(file, tomlRefused);
    } else if (this.files.length === maxFiles) {
      this.#unusable(file, `more than ${maxFiles} files`);
    } else {
      this.files.push(file);
    }
  }

  #unusable(file: string, message: string): void {
    this.unusable.push(file);
    this.#problem(file, message);
  }

  #problem(file: string, message: string): void {
    this.problems.push({ file, line: 1, column: 1, path: [], message });
  }
}
