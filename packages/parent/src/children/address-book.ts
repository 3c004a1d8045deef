/** The IP addresses behind one child's host name, looked up again and again so that a moved child is found. */
import { isIP } from 'node:net';
import type { Clock } from '@ficus/common/clock.ts';

/** Milliseconds between look-ups while nothing else asks for one. */
const everyMs = 30_000;
/** More addresses than this are not dialled. */
const mostAddresses = 16;

export interface AddressBookOptions {
  readonly clock: Clock;
  readonly host: string;
  /** Known from before (last-good state): used until the first look-up succeeds. */
  readonly initial?: readonly string[];
  /** Runs when the set of addresses changed. */
  readonly onChange: () => void;
  readonly onFailure: (error: Error) => void;
  /** All addresses of a name. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
}

/** Holds the last known addresses when a look-up fails: a broken resolver must not move traffic. */
export class AddressBook {
  readonly #options: AddressBookOptions;
  #addresses: readonly string[];
  #looking = false;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: AddressBookOptions) {
    this.#options = options;
    const literal = isIP(options.host) !== 0;
    // The bare name is dialled as a last resort: the dialler resolves it itself.
    this.#addresses =
      literal || options.initial === undefined || options.initial.length === 0
        ? [options.host]
        : options.initial;
    if (!literal) this.refresh();
  }

  /** Sorted, never empty. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Looks the name up now, unless a look-up is running. */
  refresh(): void {
    if (this.#closed || this.#looking || isIP(this.#options.host) !== 0) return;
    this.#cancel?.();
    this.#looking = true;
    void this.#look().finally(() => {
      this.#looking = false;
      if (!this.#closed) this.#cancel = this.#options.clock.after(everyMs, () => this.refresh());
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    const { host, onChange, onFailure, resolve } = this.#options;
    try {
      const found = [...new Set(await resolve(host))].sort().slice(0, mostAddresses);
      if (this.#closed || found.length === 0 || found.join() === this.#addresses.join()) return;
      this.#addresses = found;
      onChange();
    } catch (error) {
      if (!this.#closed) onFailure(error as Error);
    }
  }
}
