/** Where a helper process begins: a file beside its starter, or, when packaged, this executable with the helper's name. */
import { fileURLToPath } from 'node:url';
import { isPackaged } from './packaged.ts';

/** The executable's first word, with a helper's name behind it: `ficus helper:worker`. For no person. */
export const helperWord = 'helper:';

/** The helpers, and the file of each without its ending. The packaged executable holds these and no others. */
const files = { worker: 'main', enrol: 'enrol-main' } as const;
export type Helper = keyof typeof files;

/** What to give to `fork(file, args, { execPath, execArgv, argv0 })`, or to `spawn(execPath, [...execArgv, file, ...args], { argv0 })`. */
export interface HelperEntry {
  readonly execPath: string;
  /** As which program lists of processes show it. */
  readonly argv0: string;
  readonly file: string;
  readonly execArgv: readonly string[];
}

/**
 * How `helper` is started by the module whose `import.meta.url` this is; its file is in the same folder. `flags` are Node's and
 * V8's. It finds its own arguments from `process.argv[2]` on, packaged or not. `packaged` is for tests.
 */
export function helperEntry(
  helper: Helper,
  url: string,
  flags: readonly string[] = [],
  packaged = isPackaged(),
): HelperEntry {
  if (packaged) {
    return {
      // The program that runs, also when an upgrade has put another in its place: its helpers must be of the same version.
      execPath: '/proc/self/exe',
      argv0: 'ficus',
      file: `${helperWord}${helper}`,
      execArgv: flags.length === 0 ? [] : [`--node-options=${flags.join(' ')}`],
    };
  }
  const source = url.endsWith('.ts');
  return {
    execPath: process.execPath,
    argv0: process.execPath,
    file: fileURLToPath(new URL(`./${files[helper]}${source ? '.ts' : '.js'}`, url)),
    execArgv: [...(source ? ['--conditions=source'] : []), ...flags],
  };
}
