/** Things a person should know, collected in one go: each once, in an order that does not depend on the answer's. */

import { plain } from '@ficus/common/plain-text.ts';
import { type ProviderCondition, providerStateLimits } from '@ficus/common/uplink/provider-state.ts';

export class Conditions {
  readonly #found = new Map<string, ProviderCondition>();

  /** `subject` may be anything somebody wrote. */
  add(code: string, subject: string, message: string): void {
    const { name, text } = providerStateLimits;
    const condition = { code, subject: plain(subject, name) || '(no name)', message: plain(message, text) };
    const key = `${code}\n${condition.subject}`;
    if (!this.#found.has(key)) this.#found.set(key, condition);
  }

  /** The same, to be added to. */
  copy(): Conditions {
    const copy = new Conditions();
    for (const [key, condition] of this.#found) copy.#found.set(key, condition);
    return copy;
  }

  /** As many as a state may have, sorted; the last one then says how many more there are. */
  list(): readonly ProviderCondition[] {
    const sorted = [...this.#found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
    const { conditions: most } = providerStateLimits;
    if (sorted.length <= most) return sorted;
    const shown = sorted.slice(0, most - 1);
    const left = sorted.length - shown.length;
    return [...shown, { code: 'prism.more', subject: 'conditions', message: `${left} more are not shown` }];
  }
}
