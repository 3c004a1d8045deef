/** The chains of routers that may take one request, and the first of all in order that does. Kept from request to request. */
import type { RequestHead } from '../http/message.ts';
import type { RequestTest } from '../rules/compile.ts';

/** A router in one place of a table, and the next one in that place: a chain costs no array to look up. */
export interface Entry<T> {
  readonly router: T;
  /** Place in the order of all routers; the smaller wins. */
  readonly rank: number;
  /** What is left to test; undefined when where it was found says it all. */
  readonly test: RequestTest | undefined;
  /** Of higher rank. */
  next: Entry<T> | undefined;
}

export class Candidates<T> {
  /** The first entry of each chain that is not yet tried. */
  readonly #chains: (Entry<T> | undefined)[] = [];
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  add(chain: Entry<T>): void {
    this.#chains[this.#count++] = chain;
  }

  /** Tries entries in order of rank, whatever chain they are in, until one takes `request`. */
  first(request: RequestHead): T | undefined {
    const chains = this.#chains;
    const count = this.#count;
    if (count < 2) return count === 0 ? undefined : firstOf(chains[0] as Entry<T>, request);
    for (;;) {
      let best: Entry<T> | undefined;
      let from = 0;
      for (let i = 0; i < count; i++) {
        const entry = chains[i];
        if (entry !== undefined && (best === undefined || entry.rank < best.rank)) {
          best = entry;
          from = i;
        }
      }
      if (best === undefined) return undefined;
      if (best.test === undefined || best.test(request)) return best.router;
      chains[from] = best.next;
    }
  }
}

/** The first of a chain that takes `request`. */
export function firstOf<T>(chain: Entry<T>, request: RequestHead): T | undefined {
  let entry: Entry<T> | undefined = chain;
  do {
    if (entry.test === undefined || entry.test(request)) return entry.router;
    entry = entry.next;
  } while (entry !== undefined);
  return undefined;
}

/** `all`, in order of rank, as one chain. */
export function chainOf<T>(all: readonly Omit<Entry<T>, 'next'>[]): Entry<T> | undefined {
  let next: Entry<T> | undefined;
  for (let i = all.length - 1; i >= 0; i--) {
    const { router, rank, test } = all[i] as Omit<Entry<T>, 'next'>;
    next = { router, rank, test, next };
  }
  return next;
}
