/** What is wrong with each object of a configuration, by kind and name. */
import type { ObjectStatus } from '@ficus/common/api/explain.ts';
import type { Disabled, DisabledKind } from '../model/resolve-input.ts';

export class Faults {
  readonly #reasons = new Map<string, string[]>();

  constructor(disabled: readonly Pick<Disabled, 'kind' | 'name' | 'reason'>[]) {
    for (const { kind, name, reason } of disabled) {
      const key = `${kind} ${name}`;
      const known = this.#reasons.get(key);
      if (known === undefined) this.#reasons.set(key, [reason]);
      else if (!known.includes(reason)) known.push(reason);
    }
  }

  /** Each reason once; `name` as `name@provider`. */
  of(kind: DisabledKind, name: string): readonly string[] {
    return this.#reasons.get(`${kind} ${name}`) ?? [];
  }
}

/** `broken` says why it does not serve at all; undefined when it does. */
export function statusOf(
  reasons: readonly string[],
  broken: string | undefined,
): { readonly status: ObjectStatus; readonly error: readonly string[] } {
  if (broken === undefined) return { status: reasons.length === 0 ? 'enabled' : 'warning', error: reasons };
  return { status: 'disabled', error: reasons.length === 0 && broken !== '' ? [broken] : reasons };
}
