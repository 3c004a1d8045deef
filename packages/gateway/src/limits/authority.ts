/** The main process's end of limits that hold over all workers. */
import type { Clock } from '@ficus/common/clock.ts';
import { Lender } from './lender.ts';
import type { LimitRules, LimitsFromWorker } from './messages.ts';
import { type LimitPeer, Peer } from './peer.ts';

/** A limiter that no worker has any more is remembered until its buckets are full, but no longer than this. */
const longestMemoryMs = 600_000;

export class LimitAuthority {
  readonly #clock: Clock;
  readonly #workers: () => number;
  readonly #lenders = new Map<string, Lender>();
  readonly #peers = new Map<LimitPeer, Peer>();

  /** `workers`: how many there are. */
  constructor(clock: Clock, workers: () => number) {
    this.#clock = clock;
    this.#workers = workers;
  }

  /** Limiters that are known. */
  get size(): number {
    return this.#lenders.size;
  }

  heard(from: LimitPeer, message: LimitsFromWorker): void {
    let peer = this.#peers.get(from);
    if (peer === undefined) {
      peer = new Peer(from);
      this.#peers.set(from, peer);
    }
    for (const [index, key, rules] of message.define ?? []) peer.define(index, this.#lender(key, rules));
    for (const [index, source, units, spent, recalled] of message.returns ?? [])
      peer.lender(index)?.returned(source, peer, units, spent, recalled);
    for (const [id, index, source, need, ahead, spent] of message.asks ?? [])
      peer.lender(index)?.asked(source, { id, peer, need, ahead, granted: 0 }, spent);
    for (const index of message.forget ?? []) this.#unused(peer, peer.forget(index));
  }

  /** A worker is no more. */
  gone(from: LimitPeer): void {
    const peer = this.#peers.get(from);
    if (peer === undefined) return;
    this.#peers.delete(from);
    for (const lender of peer.lenders()) this.#unused(peer, lender);
  }

  #lender(key: string, rules: LimitRules): Lender {
    const known = this.#lenders.get(key);
    if (known !== undefined) return known;
    const lender = new Lender(key, rules, this.#clock, this.#workers);
    this.#lenders.set(key, lender);
    return lender;
  }

  #unused(peer: Peer, lender: Lender | undefined): void {
    if (lender === undefined) return;
    lender.users.delete(peer);
    lender.gone(peer);
    if (lender.users.size > 0) return;
    // The workers may all have died at once: their successors must not find the buckets full.
    this.#clock.after(Math.min(lender.fillMs, longestMemoryMs), () => {
      if (lender.users.size === 0 && this.#lenders.get(lender.key) === lender)
        this.#lenders.delete(lender.key);
    });
  }
}
