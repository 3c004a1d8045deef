/** What providers have found and what is not served all the same: a base file that names what is not there, a name that a file has. */
import type { Log } from '@ficus/common/log.ts';
import { plain } from '@ficus/common/plain-text.ts';
import {
  type ProviderCondition,
  type ProviderState,
  providerStateLimits,
} from '@ficus/common/uplink/provider-state.ts';
import type { Disabled } from '@ficus/gateway/model/resolve-input.ts';

/** Of `name@provider`. */
export function providerOf(name: string): string {
  return name.slice(name.lastIndexOf('@') + 1);
}

/** Conditions by provider, kept as they are told: each is logged when it comes. */
export class NotServed {
  #conditions = new Map<string, readonly ProviderCondition[]>();
  #told = '';

  /** True when they are others than before. */
  replace(disabled: readonly Disabled[], log: Log): boolean {
    const before = new Set([...this.#conditions.values()].flat().map(textOf));
    const conditions = Map.groupBy(disabled, ({ name }) => providerOf(name));
    this.#conditions = new Map([...conditions].map(([provider, list]) => [provider, list.map(conditionOf)]));
    for (const condition of [...this.#conditions.values()].flat()) {
      if (!before.has(textOf(condition)))
        log.warn({ condition: condition.code, subject: condition.subject }, condition.message);
    }
    const told = JSON.stringify([...this.#conditions]);
    const changed = told !== this.#told;
    this.#told = told;
    return changed;
  }

  /** `states` by provider, each with what is not served of it. */
  added(states: readonly (readonly [provider: string, state: ProviderState])[]): readonly ProviderState[] {
    return states.map(([provider, state]) => {
      const more = this.#conditions.get(provider);
      if (more === undefined) return state;
      return {
        ...state,
        conditions: [...more, ...state.conditions].slice(0, providerStateLimits.conditions),
      };
    });
  }
}

function conditionOf({ kind, name, reason }: Disabled): ProviderCondition {
  const subject = plain(`${kind} ${name}`, providerStateLimits.name);
  const message = plain(`is not served: ${reason}`, providerStateLimits.text);
  return { code: 'provider.not-served', subject, message };
}

function textOf({ subject, message }: ProviderCondition): string {
  return `${subject} ${message}`;
}
