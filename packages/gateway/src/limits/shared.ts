/** Limits that hold over all workers of a gateway together. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Visit } from '../middleware/middleware.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { Borrower } from './borrower.ts';
import { BorrowerLink } from './borrower-link.ts';
import type { BucketRules } from './bucket.ts';
import type { Lease } from './lease.ts';
import { ask, type Limits, type Slots, type SlotWaiter, type Tokens, type TokenWaiter } from './limits.ts';
import { LocalSlots, LocalTokens } from './local.ts';
import type { LimitsFromWorker, LimitsToWorker } from './messages.ts';

export class SharedLimits implements Limits {
  readonly log: DataPlaneLog;
  readonly #clock: Clock;
  readonly #link: BorrowerLink;

  /** `tell` reaches the main process. */
  constructor(clock: Clock, tell: (message: LimitsFromWorker) => void, log: DataPlaneLog) {
    this.log = log;
    this.#clock = clock;
    this.#link = new BorrowerLink(clock, tell, log);
  }

  tokens(key: string, rules: BucketRules): SharedTokens {
    return new SharedTokens(key, rules, this.#link, this.#clock);
  }

  slots(key: string, amount: number): SharedSlots {
    return new SharedSlots(key, amount, this.#link);
  }

  heard(message: LimitsToWorker): void {
    this.#link.heard(message);
  }
}

export class SharedTokens extends Borrower<TokenWaiter> implements Tokens {
  readonly #rules: BucketRules;
  readonly #clock: Clock;
  #local: LocalTokens | undefined;

  constructor(key: string, rules: BucketRules, link: BorrowerLink, clock: Clock) {
    super(key, { kind: 'tokens', ...rules }, link);
    this.#rules = rules;
    this.#clock = clock;
  }

  take(source: string): number {
    const lease = this.leases.get(source);
    if (lease !== undefined) {
      if (this.takeIdle(lease)) return 0;
      if (lease.noneUntil > 0) {
        // A flood of what is refused must not be one for the main process.
        const now = this.#clock.monotonic();
        if (now < lease.noneUntil) return now - lease.noneUntil - this.#rules.maxDelayMs;
      }
    }
    if (!this.link.silent) return ask;
    this.link.countAlone();
    return this.#alone().take(source);
  }

  protected lent(lease: Lease<TokenWaiter>, _surplus: number, ahead: number): void {
    lease.idle += ahead;
  }

  protected takeIdle(lease: Lease<TokenWaiter>): boolean {
    if (lease.idle === 0) return false;
    lease.idle--;
    lease.spent++;
    lease.used = true;
    return true;
  }

  protected pass(_lease: Lease<TokenWaiter>, waiter: TokenWaiter, delayMs: number): void {
    waiter.decided(delayMs);
  }

  protected refuse(lease: Lease<TokenWaiter>, waiter: TokenWaiter, retryMs: number): void {
    lease.noneUntil = this.#clock.monotonic() + retryMs - this.#rules.maxDelayMs;
    waiter.decided(-retryMs);
  }

  protected alone(source: string, waiter: TokenWaiter): void {
    waiter.decided(this.#alone().take(source));
  }

  #alone(): LocalTokens {
    this.#local ??= new LocalTokens(this.#rules, this.#clock);
    return this.#local;
  }
}

export class SharedSlots extends Borrower<SlotWaiter> implements Slots {
  readonly #amount: number;
  #local: LocalSlots | undefined;

  constructor(key: string, amount: number, link: BorrowerLink) {
    super(key, { kind: 'slots', amount }, link);
    this.#amount = amount;
  }

  take(source: string): Visit | 'full' | 'ask' {
    const lease = this.leases.get(source);
    if (lease !== undefined && this.takeIdle(lease)) return this.#use(lease);
    if (!this.link.silent) return 'ask';
    this.link.countAlone();
    return this.#alone().take(source);
  }

  protected lent(lease: Lease<SlotWaiter>, surplus: number, ahead: number): void {
    lease.idle += surplus + ahead;
  }

  protected takeIdle(lease: Lease<SlotWaiter>): boolean {
    if (lease.idle === 0) return false;
    lease.idle--;
    lease.used = true;
    return true;
  }

  protected pass(lease: Lease<SlotWaiter>, waiter: SlotWaiter): void {
    waiter.decided(this.#use(lease));
  }

  protected refuse(_lease: Lease<SlotWaiter>, waiter: SlotWaiter): void {
    waiter.decided(undefined);
  }

  protected alone(source: string, waiter: SlotWaiter): void {
    const visit = this.#alone().take(source);
    waiter.decided(visit === 'full' ? undefined : visit);
  }

  #use(lease: Lease<SlotWaiter>): Visit {
    lease.inUse++;
    return lease;
  }

  #alone(): LocalSlots {
    this.#local ??= new LocalSlots(this.#amount);
    return this.#local;
  }
}
