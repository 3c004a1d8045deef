/** State of middlewares and breakers that outlives a reload, found again under the same key. */

export class Kept {
  readonly #values = new Map<string, unknown>();
  readonly #previous: ReadonlyMap<string, unknown>;

  constructor(previous: Kept | undefined) {
    this.#previous = previous === undefined ? new Map() : previous.#values;
  }

  /** What the generation before had under `key`, or what `make` gives. */
  get<T>(key: string, make: () => T): T {
    const here = this.#values.get(key);
    if (here !== undefined) return here as T;
    const value = (this.#previous.get(key) as T | undefined) ?? make();
    this.#values.set(key, value);
    return value;
  }

  *values(): Iterable<unknown> {
    yield* this.#values.values();
  }
}
