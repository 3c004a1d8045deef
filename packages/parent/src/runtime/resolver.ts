/** Resolves the configuration, and remembers the last result: what was just checked is what is then built. */

import { resolve } from '@ficus/gateway/model/resolve.ts';
import type { ModelFragment, Resolved, ResolveInput } from '@ficus/gateway/model/resolve-input.ts';
import { sameJson } from '@ficus/gateway/worker/same-json.ts';

export class Resolver {
  readonly #entryPoints: ResolveInput['entryPoints'];
  #last:
    | {
        readonly sources: ResolveInput['dynamic'];
        readonly extra: readonly ModelFragment[];
        readonly resolved: Resolved;
      }
    | undefined;

  constructor(entryPoints: ResolveInput['entryPoints']) {
    this.#entryPoints = entryPoints;
  }

  /** Of these sources, which nobody changes afterwards, and of what the children add. */
  resolve(sources: ResolveInput['dynamic'], extra: readonly ModelFragment[]): Resolved {
    const last = this.#last;
    const same =
      last !== undefined &&
      last.sources.length === sources.length &&
      last.sources.every((source, i) => source === sources[i]) &&
      sameJson(last.extra, extra);
    if (same) return last.resolved;
    const resolved = resolve({ entryPoints: this.#entryPoints, dynamic: sources, extra });
    this.#last = { sources, extra, resolved };
    return resolved;
  }
}
