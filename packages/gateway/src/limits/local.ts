/** Limits of this process alone. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Visit } from '../middleware/middleware.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { Bucket, type BucketRules, fillMs } from './bucket.ts';
import type { Limits, Slots, SlotWaiter, Tokens, TokenWaiter } from './limits.ts';
import { mostSources, ownText, Recent } from './recent.ts';

export class LocalLimits implements Limits {
  readonly log: DataPlaneLog;
  readonly #clock: Clock;

  constructor(clock: Clock, log: DataPlaneLog) {
    this.#clock = clock;
    this.log = log;
  }

  tokens(_key: string, rules: BucketRules): Tokens {
    return new LocalTokens(rules, this.#clock);
  }

  slots(_key: string, amount: number): Slots {
    return new LocalSlots(amount);
  }
}

/** Buckets by source. A source that is forgotten has a full one again: by then it would be, save when there are too many. */
export class Buckets {
  readonly rules: BucketRules;
  readonly #buckets = new Recent<Bucket>();
  readonly #forgetMs: number;
  #agedAt: number;

  constructor(rules: BucketRules, now: number) {
    this.rules = rules;
    // Not oftener than this, for what is used would move again and again.
    this.#forgetMs = Math.max(fillMs(rules), 10_000);
    this.#agedAt = now;
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(source: string, now: number): Bucket {
    const known = this.#buckets.get(source);
    if (known !== undefined) return known;
    if (now - this.#agedAt > this.#forgetMs) {
      this.#buckets.age();
      this.#agedAt = now;
    }
    const bucket = new Bucket(this.rules, now);
    this.#buckets.add(source, bucket);
    return bucket;
  }
}

export class LocalTokens implements Tokens {
  readonly #rules: BucketRules;
  readonly #buckets: Buckets;
  readonly #clock: Clock;

  constructor(rules: BucketRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
    this.#buckets = new Buckets(rules, clock.monotonic());
  }

  take(source: string): number {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.of(source, now);
    const rules = this.#rules;
    bucket.fill(rules, now, rules.burst);
    return bucket.take(rules);
  }

  ask(source: string, waiter: TokenWaiter): void {
    waiter.decided(this.take(source));
  }
}

/** The requests of one source that are under way. */
class Count implements Visit {
  underWay = 0;

  finished(): void {
    this.underWay--;
  }
}

export class LocalSlots implements Slots {
  readonly #amount: number;
  readonly #counts = new Map<string, Count>();

  constructor(amount: number) {
    this.#amount = amount;
  }

  get size(): number {
    return this.#counts.size;
  }

  take(source: string): Visit | 'full' {
    let count = this.#counts.get(source);
    if (count === undefined) {
      if (this.#counts.size >= mostSources) this.#makeRoom();
      count = new Count();
      this.#counts.set(ownText(source), count);
    }
    if (count.underWay >= this.#amount) return 'full';
    count.underWay++;
    return count;
  }

  ask(source: string, waiter: SlotWaiter): void {
    const visit = this.take(source);
    waiter.decided(visit === 'full' ? undefined : visit);
  }

  /** Forgets one source without a request; what has some is looked at again last. */
  #makeRoom(): void {
    let tries = 8;
    for (const [source, count] of this.#counts) {
      this.#counts.delete(source);
      if (count.underWay === 0) return;
      this.#counts.set(source, count);
      if (--tries === 0) return;
    }
  }
}
