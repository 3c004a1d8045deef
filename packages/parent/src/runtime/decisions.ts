/** Keeps the store's answers in memory, so that traffic, heartbeats and probes never depend on a query. */
import type { StatusProblem } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { ChildRecord, LegOverride, Store } from '../store/store.ts';

/** Between two tries to read a store that could not be read. */
const retryMs = 1_000;

export interface DecisionsOptions {
  readonly clock: Clock;
  readonly log: LogLine;
  readonly store: Pick<Store, 'children' | 'denied' | 'allLegs' | 'onCommit'>;
}

interface Answers {
  readonly children: ReadonlyMap<string, ReturnType<Store['children']>[number]>;
  readonly denied: ReturnType<Store['denied']>;
  readonly legs: ReturnType<Store['allLegs']>;
}

/**
 * Who belongs to the mesh, who is denied, and what the operator decided, read anew after each committed write. When
 * that fails the last answers count on, `problem` says so, and it is tried again each second. Throws at construction
 * what the store throws: a parent doesn't start on a store that it can't read.
 */
export class Decisions {
  readonly #options: DecisionsOptions;
  #answers: Answers;
  #problem: StatusProblem | undefined;
  #onRecovered: () => void = () => {};
  #cancel: (() => void) | undefined;

  constructor(options: DecisionsOptions) {
    this.#options = options;
    this.#answers = this.#read();
    options.store.onCommit(() => this.#refresh());
  }

  /** By name; revoked ones too. */
  children(): readonly ChildRecord[] {
    return [...this.#answers.children.values()];
  }
  child(name: string): ChildRecord | undefined {
    return this.#answers.children.get(name);
  }
  legs(uplink: string): readonly LegOverride[] {
    return this.#answers.legs.get(uplink) ?? [];
  }
  /** A serial stays here after its certificate expired, until the next write: that denies nothing more. */
  denied(): ReturnType<Store['denied']> {
    return this.#answers.denied;
  }
  /** Why the answers may be older than the store, while they may. */
  get problem(): StatusProblem | undefined {
    return this.#problem;
  }

  /** `listener` runs when the store can be read again, for what was written meanwhile. */
  onRecovered(listener: () => void): void {
    this.#onRecovered = listener;
  }

  close(): void {
    this.#options.store.onCommit(() => {});
    this.#cancel?.();
  }

  #read(): Answers {
    const { store } = this.#options;
    return {
      children: new Map(store.children().map((record) => [record.name, record])),
      denied: store.denied(),
      legs: store.allLegs(),
    };
  }

  #refresh(): void {
    const { clock, log } = this.#options;
    this.#cancel?.();
    try {
      this.#answers = this.#read();
    } catch (error) {
      const { message } = error as Error;
      const at = this.#problem?.at ?? new Date(clock.now()).toISOString();
      const count = (this.#problem?.count ?? 0) + 1;
      if (count === 1) log('error', 'the store cannot be read, its last known state serves on', { error });
      this.#problem = { code: 'store.unreadable', message, at, count };
      this.#cancel = clock.after(retryMs, () => this.#refresh());
      return;
    }
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    log('info', 'the store can be read again');
    this.#onRecovered();
  }
}
