/** Deadlines of many connections with one coarse timer: no timer is made or cleared per request. */
import type { Clock } from '@ficus/common/clock.ts';

/** Something that must not go on for ever. */
export interface Timed {
  /** Monotonic milliseconds; Infinity for none. */
  deadline: number;
  /** Called once when the deadline has passed; it is Infinity again by then. */
  expired(): void;
}

/** How late a deadline may fire, in milliseconds. */
export const deadlineGranularityMs = 250;

export class Deadlines {
  /** Monotonic time of the last tick: good enough to set deadlines by, and free. */
  now: number;
  readonly #clock: Clock;
  readonly #members = new Set<Timed>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.now = clock.monotonic();
    this.#schedule();
  }

  get size(): number {
    return this.#members.size;
  }

  add(member: Timed): void {
    this.#members.add(member);
  }

  delete(member: Timed): void {
    this.#members.delete(member);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#members.clear();
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(deadlineGranularityMs, () => {
      this.now = this.#clock.monotonic();
      for (const member of this.#members) {
        if (member.deadline > this.now) continue;
        member.deadline = Number.POSITIVE_INFINITY;
        member.expired();
      }
      if (this.#cancel !== undefined) this.#schedule();
    });
  }
}
