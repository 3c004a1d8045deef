/** State of middlewares and breakers that outlives a reload, found again under the same key. */

export class Kept {
  readonly #values = new Map<string, unknown>();
  #previous: ReadonlyMap<string, unknown>;

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

  /** What the generation before had under `key` goes on. */
  carry(key: string): void {
    const value = this.#previous.get(key);
    if (value !== undefined) this.#values.set(key, value);
  }

  /** All is built: the generation before is of no more use. */
  settle(): void {
    this.#previous = new Map();
  }

  /** What is kept under keys of this kind, the first item of the JSON lists that they are. */
  *ofKind(kind: string): Iterable<unknown> {
    const beginning = `[${JSON.stringify(kind)},`;
    for (const [key, value] of this.#values) if (key.startsWith(beginning)) yield value;
  }
}
