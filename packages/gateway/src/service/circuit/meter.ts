/** What a circuit breaker knows of its requests; takes memory with the first one only. */
import type { ExpressionNeeds } from './expression.ts';
import type { CircuitMetrics } from './metric-functions.ts';
import { RollingCounts } from './rolling-counts.ts';
import { RollingLatencies } from './rolling-latencies.ts';

export class CircuitMeter implements CircuitMetrics {
  readonly #needs: ExpressionNeeds;
  #counts: RollingCounts | undefined;
  #latencies: RollingLatencies | undefined;

  constructor(needs: ExpressionNeeds) {
    this.#needs = needs;
  }

  get timed(): boolean {
    return this.#needs.latencies;
  }

  /** `now`: monotonic milliseconds. */
  record(now: number, status: number, ms: number): void {
    this.#counts ??= new RollingCounts(this.#needs.ranges);
    this.#counts.add(now, status);
    if (!this.#needs.latencies) return;
    this.#latencies ??= new RollingLatencies();
    this.#latencies.add(now, ms);
  }

  clear(): void {
    this.#counts?.clear();
    this.#latencies?.clear();
  }

  get requests(): number {
    return this.#counts?.total ?? 0;
  }

  networkErrorRatio(): number {
    const counts = this.#counts;
    return counts === undefined ? 0 : ratio(counts.networkErrors, counts.total);
  }

  responseCodeRatio(from: number, to: number, dividedByFrom: number, dividedByTo: number): number {
    const counts = this.#counts;
    return counts === undefined ? 0 : ratio(counts.in(from, to), counts.in(dividedByFrom, dividedByTo));
  }

  latencyAtQuantileMs(percent: number): number {
    return Math.floor(this.#latencies?.quantile(percent) ?? 0);
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
