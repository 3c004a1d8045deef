/** Lets probes begin a few at a time: thousands of endpoints must not be dialled in one millisecond, nor all wait at once. */
import type { Clock } from '@ficus/common/clock.ts';

/** At most this many begin in one tick: 1,600 a second. */
const perTick = 16;
const tickMs = 10;
/** At most this many are under way: with a timeout of 5 s, 2,000 endpoints that do not answer take 40 s a round. */
const maxRunning = 256;

/** Called when a probe is over or no longer wanted; more than once does no harm. */
export type Release = () => void;

export class ProbeTurns {
  readonly #clock: Clock;
  /** In order of asking. */
  readonly #waiting = new Map<Release, (release: Release) => void>();
  #running = 0;
  #begun = 0;
  #tick: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `begin` as soon as it may, often at once. */
  take(begin: (release: Release) => void): Release {
    let over = false;
    const release = () => {
      if (over) return;
      over = true;
      if (this.#waiting.delete(release)) return;
      this.#running--;
      this.#next();
    };
    this.#waiting.set(release, begin);
    this.#next();
    return release;
  }

  #next(): void {
    for (const [release, begin] of this.#waiting) {
      if (this.#running >= maxRunning || this.#begun >= perTick) break;
      this.#waiting.delete(release);
      this.#running++;
      this.#begun++;
      begin(release);
    }
    if (this.#begun > 0) this.#tick ??= this.#clock.after(tickMs, () => this.#nextTick());
  }

  #nextTick(): void {
    this.#tick = undefined;
    this.#begun = 0;
    this.#next();
  }
}
