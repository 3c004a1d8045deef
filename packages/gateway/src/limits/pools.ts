/** What the main process has to give for one source: tokens that come with time, slots that come back. */
import { Bucket, type BucketRules } from './bucket.ts';
import type { Peer } from './peer.ts';

/** Units of one source: some here, some with workers. */
export abstract class Pool {
  /** With workers, by the word of the last message. */
  readonly #out = new Map<Peer, number>();
  #outside = 0;

  /** All that workers have. */
  get outside(): number {
    return this.#outside;
  }

  /** Workers that have some. */
  holders(): Iterable<Peer> {
    return this.#out.keys();
  }

  with(peer: Peer): number {
    return this.#out.get(peer) ?? 0;
  }

  /** As `Tokens.take`, for one request. */
  abstract take(now: number): number;
  /** Whether `take` would answer 0. */
  abstract ready(now: number): boolean;
  /** Gives up to `wish` units ahead, as long as there is plenty for `workers`. */
  abstract ahead(wish: number, workers: number): number;
  /** What comes with time has come, as far as there is room. */
  protected abstract advance(now: number): void;
  /** Units that came back, having been `outside`. */
  protected abstract back(units: number): void;

  /** Books `units` as being with `peer`. */
  lend(peer: Peer, units: number): void {
    if (units === 0) return;
    this.#out.set(peer, this.with(peer) + units);
    this.#outside += units;
  }

  /** `units` come back from `peer`, and `spent` never will. */
  settle(peer: Peer, units: number, spent: number, now: number): void {
    // What was spent had its room until now: that must not be filled for the time before.
    this.advance(now);
    const had = this.with(peer);
    const left = Math.max(had - units - spent, 0);
    this.#outside -= had - left;
    if (left === 0) this.#out.delete(peer);
    else this.#out.set(peer, left);
    // No more than it had: what a worker has not got cannot come back.
    if (units > 0) this.back(Math.min(units, had));
  }

  /** `peer` is no more. */
  lost(peer: Peer, now: number): void {
    const had = this.with(peer);
    if (had > 0) this.settle(peer, this.lostUnits(had), had, now);
  }

  /** Of what a worker had that is no more, what others may have now. */
  protected abstract lostUnits(had: number): number;
}

export class TokenPool extends Pool {
  readonly #rules: BucketRules;
  readonly #bucket: Bucket;

  constructor(rules: BucketRules, now: number) {
    super();
    this.#rules = rules;
    this.#bucket = new Bucket(rules, now);
  }

  take(now: number): number {
    this.advance(now);
    return this.#bucket.take(this.#rules);
  }

  ready(now: number): boolean {
    this.advance(now);
    return this.#bucket.tokens >= 1;
  }

  ahead(wish: number, workers: number): number {
    // A tenth of a second's worth at most, and never so much that others had to wait for it to come back.
    const most = Math.min(wish, this.#rules.rate * 100, this.#bucket.tokens / (2 * workers));
    const units = Math.max(Math.floor(most), 0);
    this.#bucket.tokens -= units;
    return units;
  }

  protected back(units: number): void {
    this.#bucket.tokens = Math.min(this.#bucket.tokens + units, this.#rules.burst);
  }

  /** Spent or not, nobody knows; they are back with time. */
  protected lostUnits(): number {
    return 0;
  }

  /** What workers have counts as being in the bucket: it would overflow without it. */
  protected advance(now: number): void {
    this.#bucket.fill(this.#rules, now, this.#rules.burst - this.outside);
  }
}

export class SlotPool extends Pool {
  #free: number;

  constructor(amount: number) {
    super();
    this.#free = amount;
  }

  take(): number {
    if (this.#free < 1) return -1;
    this.#free--;
    return 0;
  }

  ready(): boolean {
    return this.#free >= 1;
  }

  ahead(wish: number, workers: number): number {
    const units = Math.min(wish, Math.floor(this.#free / (2 * workers)));
    this.#free -= units;
    return units;
  }

  protected advance(): void {}

  protected back(units: number): void {
    this.#free += units;
  }

  /** Its requests ended with it. */
  protected lostUnits(had: number): number {
    return had;
  }
}
