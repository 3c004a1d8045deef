/** One worker as the authority sees it: what its indexes stand for, and what is to be said to it this turn. */
import type { Lender } from './lender.ts';
import type { Grant, LimitsToWorker, Recall } from './messages.ts';

/** Takes messages to one worker. */
export interface LimitPeer {
  tell(message: LimitsToWorker): void;
}

export class Peer {
  readonly #to: LimitPeer;
  readonly #lenders = new Map<number, Lender>();
  readonly #indexes = new Map<Lender, number>();
  #grants: Grant[] = [];
  #recalls: Recall[] = [];
  #flushing = false;

  constructor(to: LimitPeer) {
    this.#to = to;
  }

  define(index: number, lender: Lender): void {
    this.#lenders.set(index, lender);
    this.#indexes.set(lender, index);
    lender.users.add(this);
  }

  lender(index: number): Lender | undefined {
    return this.#lenders.get(index);
  }

  /** What `index` stood for, if nothing else of this worker's does. */
  forget(index: number): Lender | undefined {
    const lender = this.#lenders.get(index);
    this.#lenders.delete(index);
    if (lender === undefined || this.#indexes.get(lender) !== index) return undefined;
    this.#indexes.delete(lender);
    return lender;
  }

  lenders(): Iterable<Lender> {
    return this.#indexes.keys();
  }

  grant(grant: Grant): void {
    this.#grants.push(grant);
    this.#flushSoon();
  }

  recall(lender: Lender, source: string): void {
    this.#recalls.push([this.#indexes.get(lender) as number, source]);
    this.#flushSoon();
  }

  /** One message for all that one turn of the event loop has to say: each costs a system call and more on both sides. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      const grants = this.#grants;
      const recalls = this.#recalls;
      this.#flushing = false;
      this.#grants = [];
      this.#recalls = [];
      this.#to.tell({
        type: 'limits',
        ...(grants.length > 0 && { grants }),
        ...(recalls.length > 0 && { recalls }),
      });
    });
  }
}
