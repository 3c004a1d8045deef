/** Workers and their main process in one, whose pipes a test may stop. */

import type { Visit } from '../middleware/middleware.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { LimitAuthority } from './authority.ts';
import { bucketRules } from './bucket.ts';
import type { Slots, Tokens } from './limits.ts';
import type { LimitsFromWorker, LimitsToWorker } from './messages.ts';
import type { LimitPeer } from './peer.ts';
import { SharedLimits } from './shared.ts';

export class TestWorkers {
  readonly clock = new ManualClock();
  readonly authority: LimitAuthority;
  readonly workers: TestWorker[];
  readonly log: string[] = [];
  /** Messages that went to the main process. */
  asked = 0;

  constructor(count: number) {
    this.authority = new LimitAuthority(this.clock, () => count);
    this.workers = Array.from({ length: count }, () => new TestWorker(this));
  }

  worker(index: number): TestWorker {
    return this.workers[index] as TestWorker;
  }
}

export class TestWorker implements LimitPeer {
  readonly limits: SharedLimits;
  /** Its messages are held back until it is false again. */
  stopped = false;
  #held: (() => void)[] = [];

  constructor(all: TestWorkers) {
    const send = (message: LimitsFromWorker) => {
      all.asked++;
      // As a pipe has it: a copy, and in a later turn.
      const copy = JSON.parse(JSON.stringify(message)) as LimitsFromWorker;
      setImmediate(() => this.#deliver(() => all.authority.heard(this, copy)));
    };
    this.limits = new SharedLimits(all.clock, send, (_, message) => all.log.push(message));
  }

  tell(message: LimitsToWorker): void {
    const copy = JSON.parse(JSON.stringify(message)) as LimitsToWorker;
    setImmediate(() => this.#deliver(() => this.limits.heard(copy)));
  }

  go(): void {
    this.stopped = false;
    const held = this.#held;
    this.#held = [];
    for (const each of held) each();
  }

  tokens(average: number, periodMs: number, burst: number, key = 'k'): Tokens {
    return this.limits.tokens(key, bucketRules(average, periodMs, burst));
  }

  #deliver(message: () => void): void {
    if (this.stopped) this.#held.push(message);
    else message();
  }
}

/** What `tokens` decides, asked or not. */
export function take(tokens: Tokens, source: string): Promise<number> {
  const wait = tokens.take(source);
  if (!Number.isNaN(wait)) return Promise.resolve(wait);
  return new Promise((resolve, reject) =>
    tokens.ask(source, { decided: resolve, undecided: () => reject(new Error('undecided')) }),
  );
}

/** A slot, or undefined when there is none. */
export function enter(slots: Slots, source: string): Promise<Visit | undefined> {
  const visit = slots.take(source);
  if (visit === 'full') return Promise.resolve(undefined);
  if (visit !== 'ask') return Promise.resolve(visit);
  return new Promise((decided) => slots.ask(source, { decided }));
}

/** Lets everything that is on its way arrive. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
