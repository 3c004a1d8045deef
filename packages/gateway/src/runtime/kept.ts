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

  /**
   * All is built: the generation before is of no more use. What it alone had is disposed of, if that is something it can be;
   * whoever goes on with it must find that it opens itself again, for requests of that generation may still be on their way.
   */
  settle(): void {
    for (const [key, value] of this.#previous) if (!this.#values.has(key)) dispose(value);
    this.#previous = new Map();
  }

  /** Nothing is served any more. */
  close(): void {
    for (const value of this.#values.values()) dispose(value);
  }

  /** What is kept under keys of this kind, the first item of the JSON lists that they are. */
  *ofKind(kind: string): Iterable<unknown> {
    const beginning = `[${JSON.stringify(kind)},`;
    for (const [key, value] of this.#values) if (key.startsWith(beginning)) yield value;
  }
}

function dispose(value: unknown): void {
  (value as Partial<Disposable>)[Symbol.dispose]?.();
}
