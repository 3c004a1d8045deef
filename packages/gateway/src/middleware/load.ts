/** Modules that a process loads when a configuration first asks for what is in them: most workers never do. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** The module of this file name (without its ending) in this folder, at once: generations are built in one go. */
export function load<M>(name: string): M {
  return require(`./${name}${extension}`) as M;
}
