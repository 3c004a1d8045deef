/** Counts what a load saw. */

/** What a load saw in some span. */
export interface LoadReport {
  /** All of them: `ok` + `failed`. */
  readonly requests: number;
  /** Answers from 200 to 399. */
  readonly ok: number;
  readonly failed: number;
  /** Failures by kind: `status 503 …`, `closed before a response`, `connect ECONNREFUSED`, `timeout`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Good answers by who gave them. */
  readonly servedBy: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Keeps the latency of at most so many requests, the first ones; enough for a percentile. */
const mostLatencies = 200_000;

/** A running count. */
export class Tally {
  #ok = 0;
  #failed = 0;
  #failures = new Map<string, number>();
  #servedBy = new Map<string, number>();
  #latencies: number[] = [];

  /** Answered and failed ones. */
  get requests(): number {
    return this.#ok + this.#failed;
  }

  /** Counts a good answer. */
  ok(by: string, ms: number): void {
    this.#ok += 1;
    this.#servedBy.set(by, (this.#servedBy.get(by) ?? 0) + 1);
    if (this.#latencies.length < mostLatencies) this.#latencies.push(ms);
  }

  /** Counts a failure. */
  failed(kind: string, ms: number): void {
    this.#failed += 1;
    this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1);
    if (this.#latencies.length < mostLatencies) this.#latencies.push(ms);
  }

  /** The count so far. */
  report(): LoadReport {
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (q: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
    return {
      requests: this.requests,
      ok: this.#ok,
      failed: this.#failed,
      failures: Object.fromEntries(this.#failures),
      servedBy: Object.fromEntries(this.#servedBy),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
    };
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
