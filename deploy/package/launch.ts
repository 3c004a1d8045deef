/**
 * Where the executable begins: loads scripts from itself when they are first needed, and starts the command line or, when the
 * first word says so, a helper process.
 */
import sea from 'node:sea';
import { Script } from 'node:vm';
import { helperWord } from '@ficus/common/entry.ts';

interface Loaded {
  exports: unknown;
}
type Wrapper = (
  exports: unknown,
  require: (id: string) => unknown,
  module: Loaded,
  file: string,
  folder: string,
) => void;

/** The executable's own, which knows Node's modules only. */
declare const require: (id: string) => unknown;

const loaded = new Map<string, Loaded>();

function load(id: string): unknown {
  if (!id.startsWith('./')) return require(id);
  const known = loaded.get(id);
  if (known !== undefined) return known.exports;
  const module: Loaded = { exports: {} };
  loaded.set(id, module);
  // Not copied: the file is mapped into memory. All of it is ASCII.
  const source = Buffer.from(sea.getRawAsset(id)).toString('latin1');
  const wrapper = new Script(source, { filename: `ficus:${id.slice(2)}` }).runInThisContext() as Wrapper;
  wrapper(module.exports, load, module, process.execPath, '/');
  return module.exports;
}

const first = process.argv[2];
if (first?.startsWith(helperWord)) {
  // A helper reads its arguments from the third on, as it does from source.
  process.argv.splice(2, 1);
  load(`./${first.slice(helperWord.length)}.js`);
} else {
  const { main } = load('./ficus.js') as { main(argv: readonly string[]): Promise<void> };
  void main(process.argv.slice(2));
}
