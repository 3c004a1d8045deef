/** Transports and pools that outlive generations, found again by what they are. */
import type { QName, TransportModel } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { PoolAddress } from './dial.ts';
import { Pool } from './pool.ts';
import { Transport } from './transport.ts';

interface Held {
  readonly transport: Transport;
  readonly pools: Map<string, Pool>;
  /** The model has it; otherwise only what borrows a pool of it. */
  readonly modelled: boolean;
}

export class Registry {
  readonly #deadlines: Deadlines;
  /** By the JSON of a tuple of name and content: unambiguous, unlike joined strings. */
  #held = new Map<string, Held>();
  #next = new Map<string, Held>();
  readonly #keys = new WeakMap<Transport, string>();
  /** Pools that services of the running generation dial. */
  #serving = new Set<Pool>();
  /** Pools lent, and how many times. */
  readonly #lent = new Map<Pool, number>();
  /** Of earlier generations, while they still serve what they began. */
  readonly #retired = new Set<Pool>();

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** Starts the next generation's set. Nothing running is touched until `commit`. */
  begin(): void {
    this.#next = new Map();
  }

  /** The transport for `model`: the running one when nothing but its certificate or roots differ. */
  transport(model: TransportModel): Transport {
    const key = keyOf(model);
    const transport = this.#held.get(key)?.transport ?? this.#make(key, model);
    this.#next.set(key, { transport, pools: new Map(), modelled: true });
    return transport;
  }

  /** The pool of `address` over `transport`, shared by every service that dials it. */
  pool(transport: Transport, address: PoolAddress): Pool {
    const key = this.#keys.get(transport) as string;
    const slot = this.#next.get(key) as Held;
    const at = placeOf(address);
    const pool =
      slot.pools.get(at) ??
      this.#held.get(key)?.pools.get(at) ??
      new Pool(address, transport, this.#deadlines);
    pool.revive();
    slot.pools.set(at, pool);
    return pool;
  }

  /** A pool of the running set goes on in the next one; its transport is there already. */
  keep(pool: Pool): void {
    const slot = this.#next.get(this.#keys.get(pool.transport) as string) as Held;
    slot.pools.set(placeOf(pool.address), pool);
  }

  /** The next set serves; pools that neither it nor a borrower uses close as they become idle. */
  commit(models: readonly TransportModel[]): void {
    const serving = new Set<Pool>();
    for (const { pools } of this.#next.values()) for (const pool of pools.values()) serving.add(pool);
    for (const pool of serving) this.#retired.delete(pool);
    for (const [key, { transport, pools }] of this.#held) {
      for (const [at, pool] of pools) {
        if (serving.has(pool)) continue;
        if (this.#lent.has(pool)) slotOf(this.#next, key, transport).pools.set(at, pool);
        else this.#retire(pool);
      }
    }
    this.#forgetIdle();
    for (const model of models) {
      const transport = this.#next.get(keyOf(model))?.transport;
      if (transport !== undefined && transport.model !== model)
        transport.renew(model.certificate, model.roots);
    }
    this.#serving = serving;
    this.#held = this.#next;
    this.#next = new Map();
  }

  /** Adds to the running set: for endpoints that change in place. */
  runningPool(transport: Transport, address: PoolAddress): Pool {
    this.#next = this.#held;
    const pool = this.pool(transport, address);
    this.#serving.add(pool);
    return pool;
  }

  /** No service of the running generation dials `pool` any more. */
  unused(pool: Pool): void {
    this.#serving.delete(pool);
    if (!this.#lent.has(pool)) pool.retire();
  }

  /**
   * The pool that services dial, or will dial once a generation has them, for somebody who asks on his own; until
   * `giveBack` it stays whatever the model says. Throws when the model's certificate or roots can't be loaded.
   */
  lend(model: TransportModel, address: PoolAddress): Pool {
    const key = keyOf(model);
    const transport = this.#held.get(key)?.transport ?? this.#make(key, model);
    // Who asks now knows the newest certificate.
    transport.renew(model.certificate, model.roots);
    const { pools } = slotOf(this.#held, key, transport);
    const at = placeOf(address);
    const pool = pools.get(at) ?? new Pool(address, transport, this.#deadlines);
    pool.revive();
    pools.set(at, pool);
    this.#lent.set(pool, (this.#lent.get(pool) ?? 0) + 1);
    return pool;
  }

  /** Ends one loan of `pool`: without another, and without a service, it is retired. */
  giveBack(pool: Pool): void {
    const left = (this.#lent.get(pool) ?? 0) - 1;
    if (left > 0) {
      this.#lent.set(pool, left);
      return;
    }
    this.#lent.delete(pool);
    if (this.#serving.has(pool)) return;
    this.#retire(pool);
    const key = this.#keys.get(pool.transport) as string;
    const held = this.#held.get(key);
    const at = placeOf(pool.address);
    if (held?.pools.get(at) === pool) held.pools.delete(at);
    if (held !== undefined && !held.modelled && held.pools.size === 0) this.#held.delete(key);
    this.#forgetIdle();
  }

  /** Every running transport of that name: a model's, and what was lent under another content. */
  *named([name, provider]: QName): Iterable<Transport> {
    for (const { transport } of this.#held.values())
      if (transport.model.name[0] === name && transport.model.name[1] === provider) yield transport;
  }

  /** Every pool that may still have connections, retired ones too. */
  *pools(): Iterable<Pool> {
    yield* this.#retired;
    for (const { pools } of this.#held.values()) yield* pools.values();
  }

  #make(key: string, model: TransportModel): Transport {
    const transport = new Transport(model);
    this.#keys.set(transport, key);
    return transport;
  }

  #retire(pool: Pool): void {
    pool.retire();
    this.#retired.add(pool);
  }

  #forgetIdle(): void {
    for (const pool of this.#retired) if (!pool.busy) this.#retired.delete(pool);
  }
}

function slotOf(map: Map<string, Held>, key: string, transport: Transport): Held {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made: Held = { transport, pools: new Map(), modelled: false };
  map.set(key, made);
  return made;
}

function keyOf(model: TransportModel): string {
  return JSON.stringify({ ...model, certificate: undefined, roots: undefined });
}

function placeOf({ scheme, host, port }: PoolAddress): string {
  return JSON.stringify([scheme, host, port]);
}
