/** Runs one rebuild for many reasons: what comes within a few milliseconds is built once, one build at a time. */
import type { Clock } from '@ficus/common/clock.ts';

/** Milliseconds that a request waits for others. */
const gatherMs = 5;

/** `build` must not reject: it reports its own failures. */
export class Rebuilder {
  readonly #clock: Clock;
  readonly #build: () => Promise<void>;
  #running: Promise<void> | undefined;
  #asked = false;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, build: () => Promise<void>) {
    this.#clock = clock;
    this.#build = build;
  }

  /** Runs `build` as the first one and rejects as it does; what is asked for meanwhile is built after it. */
  first(build: () => Promise<void>): Promise<void> {
    this.#cancel?.();
    const first = build().finally(() => {
      this.#running = undefined;
      if (this.#asked && !this.#closed) void this.now();
    });
    this.#running = first;
    return first;
  }

  /** Something changed: build soon, and after the build that is running. */
  request(): void {
    if (this.#closed || this.#asked) return;
    this.#asked = true;
    if (this.#running === undefined) this.#cancel = this.#clock.after(gatherMs, () => void this.now());
  }

  /** Builds now (after a running build) and resolves when everything asked for so far is built. */
  now(): Promise<void> {
    this.#cancel?.();
    this.#asked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Asked for after the last build and before this: nobody else has it scheduled.
      return this.#asked && !this.#closed ? this.now() : undefined;
    });
    return this.#running;
  }

  /** Stops taking requests; resolves when a running build is done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#asked = false;
    this.#cancel?.();
    await this.#running?.catch(() => {});
  }

  async #run(): Promise<void> {
    while (this.#asked) {
      this.#asked = false;
      await this.#build();
    }
  }
}
