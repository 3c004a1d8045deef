/** Time as a parameter, so that tests own it. */

/** Wall clock, monotonic clock and timers of one process. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For expiry of certificates and tokens, never for durations. */
  now(): number;
  /** Monotonic milliseconds; never jumps. For durations and deadlines. */
  monotonic(): number;
  /** Runs `fn` once after `ms`; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** The process's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Not `performance.now()`: that global alone costs 2 MiB.
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
