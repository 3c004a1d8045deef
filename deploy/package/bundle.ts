/** Makes the sources into scripts for the executable: one for a worker, and for all else one per group that is loaded together. */
import { join, relative } from 'node:path';
import { type BuildOptions, build, type OutputFile, type Plugin, transform } from 'esbuild';
import { sourceSeams } from './source-seams.ts';

/** Scripts by the name they are loaded by, each a function expression; and what they were made of. */
export interface Bundle {
  readonly scripts: ReadonlyMap<string, string>;
  /** Files of other people's packages that are in it, relative to the repository. */
  readonly foreign: readonly string[];
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  conditions: ['source'],
  // Names stay: they are read in stack traces, and compress well.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // One byte a character in memory.
  charset: 'ascii',
  // No file to be relative to; ./source-seams.ts takes the uses that would need one, what is left is not reached when packaged.
  define: { 'import.meta.url': '"file:///ficus"' },
  write: false,
  outdir: 'scripts',
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'error' },
  metafile: true,
} satisfies BuildOptions;

/**
 * Large packages that few gateways need, by script: each is alone in one, which everybody shares. They know nothing of ours, and a
 * worker that is not asked for them does not hold their text.
 */
const apart: Readonly<Record<string, string>> = { re2js: 're2js', redis: '@redis/client' };

const keptApart: Plugin = {
  name: 'kept-apart',
  setup({ onResolve }) {
    for (const [script, name] of Object.entries(apart)) {
      onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: `./${script}.js`, external: true }));
    }
  },
};

/** Bundles the repository at `root`. */
export async function bundle(root: string): Promise<Bundle> {
  const options = {
    ...common,
    absWorkingDir: root,
    plugins: [
      keptApart,
      sourceSeams([join(root, 'packages'), join(root, 'pki')], join(root, 'deploy/package/native-bcrypt.ts')),
    ],
  };
  // The worker is where requests are: one script without seams between its modules.
  const worker = await build({
    ...options,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    entryPoints: { worker: 'packages/gateway/src/worker/main.ts' },
  });
  // Everything else is cut where modules are imported late, so that a process holds only what it uses.
  const rest = await build({
    ...options,
    format: 'esm',
    splitting: true,
    chunkNames: 'part-[hash]',
    entryPoints: { ficus: 'packages/cli/src/main.ts', enrol: 'packages/child/src/enrol/enrol-main.ts' },
  });
  const others = await build({
    ...common,
    absWorkingDir: root,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    entryPoints: apart,
  });
  const scripts = new Map<string, string>();
  for (const file of [...worker.outputFiles, ...others.outputFiles])
    scripts.set(nameOf(file, root), wrapped(file.text));
  for (const file of rest.outputFiles) {
    const { code } = await transform(file.text, {
      format: 'cjs',
      platform: 'node',
      target: 'node24',
      charset: 'ascii',
      minifyWhitespace: true,
      supported: { 'dynamic-import': false },
      sourcefile: file.path,
      logLevel: 'warning',
    });
    const { entryPoint } = rest.metafile.outputs[relative(root, file.path)] ?? {};
    const late = entryPoint !== undefined && rest.metafile.inputs[entryPoint]?.format === 'cjs';
    scripts.set(nameOf(file, root), wrapped(late ? `${code}${namesOfDefault}` : code));
  }
  const inputs = [worker, rest, others].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  return { scripts, foreign: [...new Set(inputs.filter((file) => file.includes('node_modules/')))].sort() };
}

/** `./ficus.js`, as the scripts name each other. */
function nameOf(file: OutputFile, root: string): string {
  return `./${file.path.slice(join(root, 'scripts/').length)}`;
}

/** What `import()` of a CommonJS module gives beside `default`, and of such a script would not. */
const namesOfDefault = `
for(const name of Object.keys(module.exports.default))
if(name!=="default")Object.defineProperty(module.exports,name,{enumerable:true,get:()=>module.exports.default[name]});`;

/** The function that the launcher calls, as Node wraps a CommonJS module. */
function wrapped(code: string): string {
  return `(function(exports,require,module,__filename,__dirname){${code}\n})`;
}
