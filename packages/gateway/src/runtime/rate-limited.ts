/** Lets each kind of event through once a second, so that a failing endpoint cannot flood a log or a pipe. */
import type { Clock } from '@ficus/common/clock.ts';

const windowMs = 1000;
/** Kinds remembered; when there are more, all may speak again. */
const most = 1024;

export class RateLimited {
  readonly #clock: Clock;
  readonly #last = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  pass(kind: string): boolean {
    const now = this.#clock.monotonic();
    const last = this.#last.get(kind);
    if (last !== undefined && now - last < windowMs) return false;
    if (this.#last.size >= most) this.#last.clear();
    this.#last.set(kind, now);
    return true;
  }
}
