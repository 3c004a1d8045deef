/** Transports and pools that outlive generations, found again by what they are. */
import type { TransportModel } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { PoolAddress } from './dial.ts';
import { Pool } from './pool.ts';
import { Transport } from './transport.ts';

interface Held {
  readonly transport: Transport;
  readonly content: string;
  readonly pools: Map<string, Pool>;
}

export class Registry {
  readonly #deadlines: Deadlines;
  /** By the JSON of a tuple: unambiguous, unlike joined strings. */
  #held = new Map<string, Held>();
  #next = new Map<string, Held>();
  /** Of earlier generations, while they still serve what they began. */
  #retired = new Set<Pool>();

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** Starts the next generation's set. Nothing running is touched until `commit`. */
  begin(): void {
    this.#next = new Map();
  }

  /** The transport for `model`: the running one when nothing but its certificate or roots differ. */
  transport(model: TransportModel): Transport {
    const key = JSON.stringify(model.name);
    const content = JSON.stringify({ ...model, certificate: undefined, roots: undefined });
    const before = this.#held.get(key);
    const kept = before !== undefined && before.content === content ? before : undefined;
    const held = kept ?? { transport: new Transport(model), content, pools: new Map() };
    this.#next.set(key, { transport: held.transport, content, pools: new Map() });
    return held.transport;
  }

  /** The pool of `address` over `transport`, shared by every service that dials it. */
  pool(transport: Transport, address: PoolAddress): Pool {
    const key = JSON.stringify(transport.model.name);
    const slot = this.#next.get(key) as Held;
    const at = JSON.stringify([address.scheme, address.host, address.port]);
    const running = this.#held.get(key);
    let pool = slot.pools.get(at);
    if (pool === undefined) {
      pool =
        (running?.transport === transport ? running.pools.get(at) : undefined) ??
        new Pool(address, transport, this.#deadlines);
      pool.revive();
      slot.pools.set(at, pool);
    }
    return pool;
  }

  /** The next set serves; pools it does not use close as they become idle. */
  commit(models: readonly TransportModel[]): void {
    const used = new Set<Pool>();
    for (const { pools } of this.#next.values()) for (const pool of pools.values()) used.add(pool);
    for (const pool of this.#retired) if (used.has(pool) || !pool.busy) this.#retired.delete(pool);
    for (const { pools } of this.#held.values()) {
      for (const pool of pools.values()) {
        if (used.has(pool)) continue;
        pool.retire();
        this.#retired.add(pool);
      }
    }
    for (const model of models) {
      const transport = this.#next.get(JSON.stringify(model.name))?.transport;
      if (transport !== undefined && transport.model !== model)
        transport.renew(model.certificate, model.roots);
    }
    this.#held = this.#next;
    this.#next = new Map();
  }

  /** Adds to the running set: for endpoints that change in place. */
  runningPool(transport: Transport, address: PoolAddress): Pool {
    this.#next = this.#held;
    return this.pool(transport, address);
  }

  find(name: readonly [string, string]): Transport | undefined {
    return this.#held.get(JSON.stringify(name))?.transport;
  }

  /** Every pool that may still have connections, retired ones too. */
  *pools(): Iterable<Pool> {
    yield* this.#retired;
    for (const { pools } of this.#held.values()) yield* pools.values();
  }
}
