/** How many questions Prism Central gets from us: a few at once, a few in a second. */
import type { Clock } from '@ficus/common/clock.ts';

/** At once. */
const atOnce = 4;
/** Requests that need not wait, and how many a second after them; a small Prism Central allows 30 a second. */
const burst = 20;
const perSecond = 25;

export class Pace {
  readonly #clock: Clock;
  #running = 0;
  #tokens = burst;
  #filledAt: number;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAt = clock.monotonic();
  }

  /** Runs `ask` when its turn has come. Rejects with the signal's reason when it is aborted before. */
  async run<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      await this.#token(signal);
      return await ask();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#running >= atOnce) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#running++;
  }

  async #token(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = this.#clock.monotonic();
      this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
      this.#filledAt = now;
      if (this.#tokens >= 1) {
        this.#tokens--;
        return;
      }
      await sleep(this.#clock, 1000 / perSecond, signal);
    }
  }
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const aborted = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve();
    });
    signal.addEventListener('abort', aborted, { once: true });
  });
}
