/** Which identity the child shows: the next one counts once it is applied, so one that failed is tried again. */
import type { LoadedIdentity } from '@ficus/pki/node-identity.ts';
import { otherName } from './node.ts';

export interface IdentityInUseOptions {
  readonly first: LoadedIdentity;
  /** Shows it on every uplink entrypoint. */
  readonly apply: (next: LoadedIdentity) => Promise<void>;
  /** Called after each one that was applied. */
  readonly onTaken: () => void;
}

export class IdentityInUse {
  readonly #options: IdentityInUseOptions;
  #current: LoadedIdentity;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: IdentityInUseOptions) {
    this.#options = options;
    this.#current = options.first;
  }

  get current(): LoadedIdentity {
    return this.#current;
  }

  /**
   * Applies `next` unless it is in use already; a renewal and the watch on the directory may both bring it. Rejects and
   * keeps the one in use when it can't be applied, and with `child.other-name` when it is another child's: its parents,
   * grants and legs are not ours to take over while serving.
   */
  take(next: LoadedIdentity): Promise<void> {
    const taken = this.#queue.then(async () => {
      if (next.facts.serial === this.#current.facts.serial) return;
      const { first, apply, onTaken } = this.#options;
      if (next.uri !== first.uri) throw otherName(first.name, next.name);
      await apply(next);
      this.#current = next;
      onTaken();
    });
    this.#queue = taken.catch(() => {});
    return taken;
  }
}
