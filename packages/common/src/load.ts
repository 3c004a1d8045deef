/** Modules that a process loads when it first needs them, at once: an import costs memory in every process. */
import { createRequire } from 'node:module';

/** A function that gives the module of a file name without its ending, beside the one whose `import.meta.url` this is. */
export function loader(url: string): <M>(name: string) => M {
  const require = createRequire(url);
  const extension = url.endsWith('.ts') ? '.ts' : '.js';
  return <M>(name: string) => require(`./${name}${extension}`) as M;
}
