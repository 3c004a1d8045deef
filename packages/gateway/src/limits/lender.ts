/** One limiter of all workers: lends the units of each source, and before it refuses asks for what others do not use. */
import type { Clock } from '@ficus/common/clock.ts';
import { fillMs } from './bucket.ts';
import type { LimitRules } from './messages.ts';
import type { Peer } from './peer.ts';
import { type Pool, SlotPool, TokenPool } from './pools.ts';
import { ownText, Recent } from './recent.ts';

/** A worker that has not answered a recall by then has nothing to give back. */
const recallMs = 25;

/** What one worker asks for. */
export interface Request {
  readonly id: number;
  readonly peer: Peer;
  readonly need: number;
  readonly ahead: number;
  /** Of `need`, those that were granted. */
  granted: number;
}

/** One source's units are being called back. */
interface Round {
  /** Some of it may have been granted already: it is no fresh one, though nobody has anything of it. */
  readonly pool: Pool;
  readonly awaited: Set<Peer>;
  /** Wait for the end of this round. */
  readonly requests: readonly Request[];
  /** Came after the recall: it says nothing about them. */
  later: Request[];
  cancel: () => void;
}

export class Lender {
  readonly key: string;
  readonly users = new Set<Peer>();
  readonly #rules: LimitRules;
  readonly #clock: Clock;
  readonly #workers: () => number;
  /** Sources of which workers have something: not to be forgotten. */
  readonly #lent = new Map<string, Pool>();
  /** Buckets that nobody has anything of; full slots need no memory. */
  readonly #others = new Recent<Pool>();
  readonly #rounds = new Map<string, Round>();

  constructor(key: string, rules: LimitRules, clock: Clock, workers: () => number) {
    this.key = key;
    this.#rules = rules;
    this.#clock = clock;
    this.#workers = workers;
  }

  /** Milliseconds after which nothing it knows means anything. */
  get fillMs(): number {
    return this.#rules.kind === 'tokens' ? fillMs(this.#rules) : 0;
  }

  /** Sources of which workers have something. */
  get lent(): number {
    return this.#lent.size;
  }

  asked(source: string, request: Request, spent: number): void {
    this.#settle(source, request.peer, 0, spent);
    const round = this.#rounds.get(source);
    if (round === undefined) this.#serve(source, this.#pool(source), [request], false);
    else round.later.push(request);
  }

  returned(source: string, peer: Peer, units: number, spent: number, recalled: boolean): void {
    this.#settle(source, peer, units, spent);
    if (recalled) this.#heardFrom(source, peer);
  }

  /** `peer` is no more: what it had is lost or free, and what it asked for is nobody's. */
  gone(peer: Peer): void {
    for (const [source, pool] of this.#lent) {
      pool.lost(peer, this.#clock.monotonic());
      if (pool.outside === 0) this.#lent.delete(source);
    }
    for (const [source, round] of [...this.#rounds]) {
      round.later = round.later.filter((request) => request.peer !== peer);
      this.#heardFrom(source, peer);
    }
  }

  #settle(source: string, peer: Peer, units: number, spent: number): void {
    const pool = this.#lent.get(source);
    if (pool === undefined || units + spent === 0) return;
    pool.settle(peer, units, spent, this.#clock.monotonic());
    if (pool.outside > 0) return;
    this.#lent.delete(source);
    if (this.#rules.kind === 'tokens' && this.#others.get(source) === undefined)
      this.#others.add(source, pool);
  }

  #heardFrom(source: string, peer: Peer): void {
    const round = this.#rounds.get(source);
    if (round?.awaited.delete(peer) === true && round.awaited.size === 0) this.#conclude(source, round);
  }

  #serve(source: string, pool: Pool, requests: readonly Request[], recalled: boolean): void {
    for (const [i, request] of requests.entries()) {
      // It left while it waited.
      if (!this.users.has(request.peer)) continue;
      if (this.#grant(source, pool, request, recalled)) continue;
      this.#recall(source, pool, requests.slice(i));
      return;
    }
  }

  /** False: others may have some to give back. */
  #grant(source: string, pool: Pool, request: Request, recalled: boolean): boolean {
    const { id, peer, need } = request;
    const now = this.#clock.monotonic();
    let delay = -1;
    let retry = 0;
    while (request.granted < need) {
      if (!recalled && !pool.ready(now) && pool.outside > pool.with(peer)) return false;
      const wait = pool.take(now);
      if (wait < 0) {
        retry = -wait;
        break;
      }
      request.granted++;
      if (wait > 0) delay = wait;
    }
    const at = delay < 0 ? request.granted : request.granted - 1;
    const ahead = at === need ? pool.ahead(request.ahead, this.#workers()) : 0;
    this.#lend(source, pool, peer, this.#rules.kind === 'slots' ? at + ahead : ahead);
    peer.grant([id, at, ahead, delay, retry]);
    return true;
  }

  #lend(source: string, pool: Pool, peer: Peer, units: number): void {
    if (units === 0) return;
    if (pool.outside === 0) this.#lent.set(ownText(source), pool);
    pool.lend(peer, units);
  }

  #recall(source: string, pool: Pool, requests: readonly Request[]): void {
    const awaited = new Set(pool.holders());
    const round: Round = { pool, awaited, requests, later: [], cancel: () => undefined };
    this.#rounds.set(source, round);
    for (const peer of awaited) peer.recall(this, source);
    round.cancel = this.#clock.after(recallMs, () => this.#conclude(source, round));
  }

  #conclude(source: string, round: Round): void {
    round.cancel();
    this.#rounds.delete(source);
    this.#serve(source, round.pool, round.requests, true);
    if (round.later.length > 0) this.#serve(source, this.#pool(source), round.later, false);
  }

  #pool(source: string): Pool {
    const known = this.#lent.get(source) ?? this.#others.get(source);
    if (known !== undefined) return known;
    if (this.#rules.kind === 'slots') return new SlotPool(this.#rules.amount);
    const pool = new TokenPool(this.#rules, this.#clock.monotonic());
    this.#others.add(source, pool);
    return pool;
  }
}
