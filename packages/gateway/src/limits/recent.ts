/** A map of what was used of late, bounded in number: constant work for each use, no list to keep in order. */

/** The most sources of one limiter that are told apart. */
export const mostSources = 65_536;

/**
 * Two generations: what is used is in the younger one; when that is half of the most there may be, it becomes the older one
 * and what nobody used meanwhile is forgotten. So the last `most / 2` that were used are always known.
 */
export class Recent<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  readonly #half: number;

  constructor(most = mostSources) {
    this.#half = most / 2;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): T | undefined {
    const value = this.#young.get(key);
    return value !== undefined || this.#old.size === 0 ? value : this.#revive(key);
  }

  /** `key` is not in it. */
  add(key: string, value: T): void {
    if (this.#young.size >= this.#half) this.age();
    this.#young.set(ownText(key), value);
  }

  /** Forgets what was not used since the last time. */
  age(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }

  #revive(key: string): T | undefined {
    const value = this.#old.get(key);
    if (value === undefined) return undefined;
    this.#old.delete(key);
    this.add(key, value);
    return value;
  }
}

/** The same text in memory of its own: a piece of a head would keep the whole head. */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf8').toString('utf8');
}
