/** One bad file holds only itself: finds the mixture of new files and files as they last counted that has no mistakes. */
import { dirname } from 'node:path';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '../model/resolve-input.ts';
import { type Assembled, assemble, type FileEntry } from './assemble-files.ts';
import { fileReferences } from './file-references.ts';

/** A file that is not taken up while the others are. */
export interface HeldFile {
  readonly file: string;
  /** True: it goes on counting as it last did. False: it never counted, and is left out. */
  readonly counts: boolean;
}

/** What counts: each file as it was when the configuration was accepted, and what they named then. */
export interface Accepted {
  readonly entries: ReadonlyMap<string, FileEntry>;
  readonly contents: ReadonlyMap<string, string>;
}

/**
 * How much of a file is as it was: its own text, with the certificates it names as they are now; or those too, for one
 * that is half renewed is no reason to lose the file.
 */
type Hold = 'text' | 'all';

export interface Mixture {
  /** What counts of it, left-out files left out. */
  readonly entries: readonly FileEntry[];
  readonly assembled: Assembled;
  readonly held: readonly HeldFile[];
  /** Mistakes that showed only while the mixture was sought. */
  readonly problems: readonly ConfigProblem[];
}

export interface MixOptions {
  /** The files that are there. */
  readonly entries: readonly FileEntry[];
  readonly accepted: Accepted;
  /** What is wrong with the entries as they are. */
  readonly mistakes: readonly ConfigProblem[];
  /** Takes a mixture up, or says what is wrong with it. */
  readonly offer: (mixture: Assembled) => readonly ConfigProblem[];
}

/**
 * Undefined: no mixture is without mistakes, or a mistake is in no file. A file that mistakes point into is held, and
 * whichever they point into next; when they point into what is held, the files don't go together.
 */
export async function mixFiles(options: MixOptions): Promise<Mixture | undefined> {
  const { entries, accepted, mistakes, offer } = options;
  const present = new Set(entries.map(({ file }) => file));
  const holds = new Map<string, Hold>();
  const problems: ConfigProblem[] = [];
  let wrong = mistakes;
  for (;;) {
    for (const file of new Set(wrong.map((problem) => problem.file))) {
      const hold = holds.get(file);
      if (!present.has(file) || hold === 'all') return undefined;
      // One that never counted has nothing to fall back on.
      holds.set(file, hold === undefined && accepted.entries.has(file) ? 'text' : 'all');
    }
    const mixed = entries.flatMap((entry) => {
      const counting = holds.has(entry.file) ? accepted.entries.get(entry.file) : entry;
      return counting === undefined ? [] : [counting];
    });
    const assembled = await assemble(mixed, {
      settled: new Set(holds.keys()),
      remembered: rememberedContents(holds, accepted),
    });
    wrong = assembled.problems.length > 0 ? assembled.problems : offer(assembled);
    if (wrong.length === 0) {
      const held = [...holds.keys()].sort().map((file) => ({ file, counts: accepted.entries.has(file) }));
      return { entries: mixed, assembled, held, problems };
    }
    // Positions in a text that is no longer there would mislead.
    problems.push(...wrong.filter(({ file }) => !holds.has(file)));
  }
}

function rememberedContents(
  holds: ReadonlyMap<string, Hold>,
  { entries, contents }: Accepted,
): ReadonlyMap<string, string> {
  const names = [...holds].flatMap(([file, hold]) => (hold === 'all' ? namesIn(entries.get(file)) : []));
  return new Map(
    names.flatMap((name) => {
      const content = contents.get(name);
      return content === undefined ? [] : [[name, content] as const];
    }),
  );
}

function namesIn(entry: FileEntry | undefined): readonly string[] {
  return entry?.decoded === undefined ? [] : fileReferences(entry.decoded.config).map(({ file }) => file);
}

/** What else has to be followed while files are held: what they named when they counted. */
export interface Followed {
  readonly fingerprint: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

export async function followHeld(held: readonly HeldFile[], { entries }: Accepted): Promise<Followed> {
  const counting = held.flatMap(({ file }) => {
    const entry = entries.get(file);
    return entry === undefined ? [] : [entry];
  });
  const { named, references } = await assemble(counting);
  return { fingerprint: named, files: references, folders: references.map((file) => dirname(file)) };
}

/** What `source` makes of these entries is what counts from now on. */
export function accept(entries: readonly FileEntry[], source: DynamicSource): Accepted {
  return {
    entries: new Map(entries.map((entry) => [entry.file, entry])),
    contents: source.files ?? new Map(),
  };
}
