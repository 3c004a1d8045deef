/** A worker's end of limits that hold over all workers: gathers what one turn has to say, and notices when nobody answers. */
import type { Clock } from '@ficus/common/clock.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { fillMs } from './bucket.ts';
import type { Lease } from './lease.ts';
import type {
  Ask,
  Definition,
  Grant,
  LimitRules,
  LimitsFromWorker,
  LimitsToWorker,
  Return,
} from './messages.ts';

/** A limiter that asks through the link. */
export interface AskedLease {
  readonly key: string;
  readonly rules: LimitRules;
  index: number | undefined;
  usedAt: number;
  readonly size: number;
  granted(lease: Lease<unknown>, grant: Grant): void;
  recalled(source: string): void;
  decideAlone(lease: Lease<unknown>): number;
  sweep(forget: boolean): void;
}

/** A main process that takes longer is stuck or busy with something large. */
const answerMs = 100;
/** How often workers say what was spent of leases, and every how many times they give back what was not used. */
const sweepMs = 250;
const forgetEvery = 4;
/** A limiter without use for so long, and for as long as its buckets need to be full, means nothing any more. */
const forgetMs = 600_000;

export class BorrowerLink {
  /** The main process does not answer: this worker decides alone. */
  silent = false;
  readonly #clock: Clock;
  readonly #tell: (message: LimitsFromWorker) => void;
  readonly #log: DataPlaneLog;
  readonly #limiters = new Map<number, AskedLease>();
  readonly #pending = new Map<number, { readonly limiter: AskedLease; readonly lease: Lease<unknown> }>();
  #toAsk: { readonly limiter: AskedLease; readonly lease: Lease<unknown> }[] = [];
  #defines: Definition[] = [];
  #returns: Return[] = [];
  #lastIndex = 0;
  #lastId = 0;
  #flushing = false;
  #watching = false;
  #sweeping = false;
  #sweeps = 0;
  /** Requests decided on alone since it fell silent. */
  #alone = 0;

  constructor(clock: Clock, tell: (message: LimitsFromWorker) => void, log: DataPlaneLog) {
    this.#clock = clock;
    this.#tell = tell;
    this.#log = log;
  }

  /** Asks for those that wait for `lease`, at the end of this turn. */
  ask(limiter: AskedLease, lease: Lease<unknown>): void {
    this.#toAsk.push({ limiter, lease });
    this.#flushSoon();
  }

  giveBack(limiter: AskedLease, source: string, units: number, spent: number, recalled: boolean): void {
    if (limiter.index === undefined) return;
    this.#returns.push([limiter.index, source, units, spent, recalled]);
    this.#flushSoon();
  }

  heard({ grants, recalls }: LimitsToWorker): void {
    if (this.silent) {
      this.silent = false;
      const requests = this.#alone;
      this.#alone = 0;
      this.#log('warn', 'the main process answers again: limits hold over all workers', { requests });
    }
    for (const [index, source] of recalls ?? []) this.#limiters.get(index)?.recalled(source);
    for (const grant of grants ?? []) {
      const pending = this.#pending.get(grant[0]);
      if (pending === undefined) continue;
      this.#pending.delete(grant[0]);
      pending.limiter.granted(pending.lease, grant);
    }
    if (this.#pending.size > 0) this.#watch();
  }

  /** A request was decided on without the main process. */
  countAlone(): void {
    this.#alone++;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const asks: Ask[] = [];
    const now = this.#clock.monotonic();
    for (const { limiter, lease } of this.#toAsk) {
      // Decided on alone meanwhile.
      if (lease.waiting.length === 0 || lease.asked !== undefined) continue;
      limiter.usedAt = now;
      const index = this.#indexOf(limiter);
      const id = ++this.#lastId;
      asks.push([id, index, lease.source, lease.waiting.length, lease.ahead, lease.spent]);
      lease.spent = 0;
      lease.asked = lease.waiting;
      lease.waiting = [];
      this.#pending.set(id, { limiter, lease });
    }
    this.#toAsk = [];
    const defines = this.#defines;
    const returns = this.#returns;
    this.#defines = [];
    this.#returns = [];
    if (asks.length > 0 || returns.length > 0)
      this.#tell({
        type: 'limits',
        ...(defines.length > 0 && { define: defines }),
        ...(returns.length > 0 && { returns }),
        ...(asks.length > 0 && { asks }),
      });
    if (asks.length > 0) {
      this.#watch();
      this.#sweepLater();
    }
  }

  #indexOf(limiter: AskedLease): number {
    if (limiter.index !== undefined) return limiter.index;
    const index = ++this.#lastIndex;
    limiter.index = index;
    this.#limiters.set(index, limiter);
    this.#defines.push([index, limiter.key, limiter.rules]);
    return index;
  }

  /** One timer for all asks: those that are there when it starts must be answered when it ends. */
  #watch(): void {
    if (this.#watching || this.silent) return;
    this.#watching = true;
    const last = this.#lastId;
    this.#clock.after(answerMs, () => {
      this.#watching = false;
      const [oldest] = this.#pending.keys();
      if (oldest === undefined) return;
      if (oldest <= last) this.#fallSilent();
      else this.#watch();
    });
  }

  #fallSilent(): void {
    this.silent = true;
    this.#log('warn', 'the main process does not answer: limits hold in each worker alone', {
      pid: process.pid,
    });
    for (const { limiter, lease } of [...this.#pending.values(), ...this.#toAsk])
      this.#alone += limiter.decideAlone(lease);
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#clock.after(sweepMs, () => {
      this.#sweeping = false;
      const now = this.#clock.monotonic();
      const forgets = ++this.#sweeps % forgetEvery === 0;
      const forget: number[] = [];
      for (const [index, limiter] of this.#limiters) {
        limiter.sweep(forgets);
        const { rules } = limiter;
        const keepMs = rules.kind === 'tokens' ? Math.max(forgetMs, fillMs(rules)) : forgetMs;
        if (limiter.size > 0 || now - limiter.usedAt < keepMs) continue;
        limiter.index = undefined;
        this.#limiters.delete(index);
        forget.push(index);
      }
      if (forget.length > 0) this.#tell({ type: 'limits', forget });
      if (this.#limiters.size > 0) this.#sweepLater();
    });
  }
}
