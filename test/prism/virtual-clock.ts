/** A clock for tests, whose waiting takes no time. */
import type { Clock } from '@ficus/common/clock.ts';

/**
 * Whoever waits goes on at once, and then it is as much later. Only for what waits for one thing after another: of two
 * waits the shorter one may come second.
 */
export class VirtualClock implements Clock {
  #time: number;
  #passed = 0;

  /** `start`: milliseconds since the epoch. */
  constructor(start = Date.UTC(2026, 10, 2, 9)) {
    this.#time = start;
  }

  now(): number {
    return this.#time + this.#passed;
  }

  monotonic(): number {
    return this.#passed;
  }

  /** Milliseconds since it began. */
  get passed(): number {
    return this.#passed;
  }

  advance(ms: number): void {
    this.#passed += ms;
  }

  after(ms: number, fn: () => void): () => void {
    const handle = setImmediate(() => {
      this.#passed += ms;
      fn();
    });
    return () => clearImmediate(handle);
  }
}
