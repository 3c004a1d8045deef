/** One limiter in one worker, whose units the main process lends: a local count while there are some, a question when there are none. */
import type { AskedLease, BorrowerLink } from './borrower-link.ts';
import { Lease } from './lease.ts';
import type { Grant, LimitRules } from './messages.ts';
import { mostSources, ownText } from './recent.ts';

/** Most units to ask for ahead. */
const mostAhead = 65_536;

/** `W`: who waits for a unit. */
export abstract class Borrower<W> implements AskedLease {
  readonly key: string;
  readonly rules: LimitRules;
  /** What it is called on the pipe; undefined: the main process does not know it (any more). */
  index: number | undefined;
  /** Monotonic milliseconds. */
  usedAt = 0;
  protected readonly link: BorrowerLink;
  protected readonly leases = new Map<string, Lease<W>>();

  constructor(key: string, rules: LimitRules, link: BorrowerLink) {
    this.key = key;
    this.rules = rules;
    this.link = link;
  }

  /** Sources it has a lease of. */
  get size(): number {
    return this.leases.size;
  }

  ask(source: string, waiter: W): void {
    let lease = this.leases.get(source);
    if (lease === undefined) {
      if (this.leases.size >= mostSources) this.#makeRoom();
      const own = ownText(source);
      lease = new Lease(own);
      this.leases.set(own, lease);
    }
    lease.used = true;
    lease.waiting.push(waiter);
    if (lease.asked === undefined && lease.waiting.length === 1) this.link.ask(this, lease as Lease<unknown>);
  }

  granted(lease: Lease<W>, [, now, ahead, delayMs, retryMs]: Grant): void {
    const asked = lease.asked ?? [];
    lease.asked = undefined;
    const all = now + (delayMs < 0 ? 0 : 1) >= asked.length;
    lease.ahead = all ? Math.min(Math.max(1, lease.ahead * 2), mostAhead) : 0;
    this.lent(lease, now - Math.min(now, asked.length), ahead);
    for (const [i, waiter] of asked.entries()) {
      if (i < now) this.pass(lease, waiter, 0);
      else if (i === now && delayMs >= 0) this.pass(lease, waiter, delayMs);
      else this.refuse(lease, waiter, retryMs);
    }
    // Who came meanwhile.
    const waiting = lease.waiting;
    lease.waiting = [];
    for (const waiter of waiting) {
      if (this.takeIdle(lease)) this.pass(lease, waiter, 0);
      else lease.waiting.push(waiter);
    }
    if (lease.waiting.length > 0) this.link.ask(this, lease as Lease<unknown>);
  }

  recalled(source: string): void {
    const lease = this.leases.get(source);
    if (lease !== undefined) lease.ahead = 0;
    this.#giveBack(source, lease, true);
  }

  /** The main process does not answer: whoever waits is decided on here. Returns how many those were. */
  decideAlone(lease: Lease<W>): number {
    const waiters = [...(lease.asked ?? []), ...lease.waiting];
    // The answer may still come, to nobody.
    if (lease.asked !== undefined) lease.asked = [];
    lease.waiting = [];
    for (const waiter of waiters) this.alone(lease.source, waiter);
    return waiters.length;
  }

  /** Says what was spent; `forget`: gives back what was not used since that was asked for the last time. */
  sweep(forget: boolean): void {
    for (const [source, lease] of this.leases) {
      if (lease.used || !forget) {
        if (forget) lease.used = false;
        // Its room in the bucket can be filled from now on.
        if (lease.spent > 0 && this.index !== undefined)
          this.link.giveBack(this, source, 0, lease.spent, false);
        lease.spent = 0;
      } else if (lease.asked === undefined && lease.waiting.length === 0) {
        this.#giveBack(source, lease, false);
        if (lease.vacant) this.leases.delete(source);
      }
    }
  }

  /** Units are here: `surplus` that nobody waits for any more, and `ahead`. */
  protected abstract lent(lease: Lease<W>, surplus: number, ahead: number): void;
  /** Takes one that is here. */
  protected abstract takeIdle(lease: Lease<W>): boolean;
  /** `waiter` has its unit, which counts from now or after `delayMs`. */
  protected abstract pass(lease: Lease<W>, waiter: W, delayMs: number): void;
  protected abstract refuse(lease: Lease<W>, waiter: W, retryMs: number): void;
  /** Decides without the main process. */
  protected abstract alone(source: string, waiter: W): void;

  #giveBack(source: string, lease: Lease<W> | undefined, recalled: boolean): void {
    const idle = lease?.idle ?? 0;
    const spent = lease?.spent ?? 0;
    if (lease !== undefined) {
      lease.idle = 0;
      lease.spent = 0;
    }
    if (recalled || idle + spent > 0) this.link.giveBack(this, source, idle, spent, recalled);
  }

  /** Forgets one source that needs nothing; what needs its lease is looked at again last. */
  #makeRoom(): void {
    let tries = 8;
    for (const [source, lease] of this.leases) {
      this.leases.delete(source);
      if (lease.vacant) {
        this.#giveBack(source, lease, false);
        return;
      }
      this.leases.set(source, lease);
      if (--tries === 0) return;
    }
  }
}
