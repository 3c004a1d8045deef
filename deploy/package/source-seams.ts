/** Makes what the sources load by name while they run visible to the bundler, and fails loudly where it does not understand one. */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Plugin } from 'esbuild';

/** `load<typeof import('./x.ts')>('x')`, the only way in which `loader` may be used. */
const lazyLoad = /\bload<typeof import\('([^']+)'\)>\(\s*'([^']+)',?\s*\)/g;

/** Starts a helper process, which looks itself whether it is packaged. */
const helperStart = /\bhelperEntry\('\w+', import\.meta\.url/g;

/** What is beside these files they look for only when they are not packaged. */
const askPackagedFirst = ['packages/common/src/packaged.ts', 'packages/common/src/version.ts'];

/** The source with its `loader(import.meta.url)` and `createRequire(import.meta.url)` written as plain `require`. */
export function withPlainRequire(source: string, file: string): string {
  let text = source;
  if (text.includes('loader(import.meta.url)')) {
    text = without(text, /^const load = loader\(import\.meta\.url\);\n/m, file);
    text = text.replace(lazyLoad, (call, typed: string, name: string) => {
      if (posix.join('.', `${name}.ts`) !== posix.join('.', typed)) {
        throw new Error(`${file}: ${call} loads another module than its type says`);
      }
      return `require('${typed}')`;
    });
    if (/\bload\s*[<(]/.test(text)) {
      throw new Error(`${file}: want load<typeof import('./x.ts')>('x'), found another use of load`);
    }
  }
  if (text.includes('createRequire(import.meta.url)')) {
    text = without(text, /^const require = createRequire\(import\.meta\.url\);\n/m, file);
  }
  const left = text.replace(/^ *(\/\/|\*|\/\*).*$/gm, '').replace(helperStart, '');
  if (/\bimport\.meta\b/.test(left) && !askPackagedFirst.some((each) => file.endsWith(each))) {
    throw new Error(
      `${file}: inside the executable there is no file beside this one; see ${askPackagedFirst[0]}`,
    );
  }
  return text;
}

function without(text: string, line: RegExp, file: string): string {
  const result = text.replace(line, '');
  if (result === text) throw new Error(`${file}: want a line ${line.source}`);
  return result;
}

/** `folders`: where our own sources are. `nativeStandIn`: the module that stands in for `@node-rs/bcrypt`. */
export function sourceSeams(folders: readonly string[], nativeStandIn: string): Plugin {
  return {
    name: 'source-seams',
    setup(build) {
      build.onResolve({ filter: /^@node-rs\/bcrypt$/ }, () => ({ path: nativeStandIn }));
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!folders.some((folder) => path.startsWith(folder))) return undefined;
        const source = await readFile(path, 'utf8');
        if (!source.includes('import.meta')) return undefined;
        return { contents: withPlainRequire(source, path), loader: 'ts' };
      });
    },
  };
}
