/** The licences of what is inside the executable, in one text: most of them ask for it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The package's folder that a bundled file is of. */
export function packageOf(file: string): string {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
  if (match?.[1] === undefined) throw new Error(`${file} is of no package`);
  return match[1];
}

/** `files`: bundled files of packages, relative to `root`. `more`: folders of further packages. Sorted by name. */
export async function notices(
  root: string,
  files: readonly string[],
  more: readonly string[],
): Promise<string> {
  const folders = [...new Set(files.map(packageOf))].sort().map((folder) => join(root, folder));
  const texts = await Promise.all([...more, ...folders].map(notice));
  return texts.join(`\n${'='.repeat(78)}\n\n`);
}

async function notice(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const files = (await readdir(folder)).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see its licence'})\n`;
  return [title, ...texts.map((text) => `${text.trimEnd()}\n`)].join('\n');
}
