/** Things found by (name, provider): two maps deep, so that no two names can ever meet in one string. */
import type { QName } from '../model/model.ts';

export class ByName<T> {
  readonly #providers = new Map<string, Map<string, T>>();

  get(name: QName): T | undefined {
    return this.#providers.get(name[1])?.get(name[0]);
  }

  set(name: QName, value: T): void {
    let names = this.#providers.get(name[1]);
    if (names === undefined) {
      names = new Map();
      this.#providers.set(name[1], names);
    }
    names.set(name[0], value);
  }

  *values(): Iterable<T> {
    for (const names of this.#providers.values()) yield* names.values();
  }
}
