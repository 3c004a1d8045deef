/** Measures what the load saw in each phase of the story. */
import type { Load } from '@ficus/test/harness/load.ts';
import type { LoadReport } from '@ficus/test/harness/load-report.ts';

/** Shares by child, 0 to 1. */
export type Split = Readonly<Record<string, number>>;

/** One phase as the JSON document has it. */
export interface Phase {
  readonly name: string;
  /** What the weights ask for. */
  readonly requested: Split;
  /** What the answers said, once the phase was reached. */
  readonly measured: Split;
  /** All requests from the phase's command on, those while the change took effect included. */
  readonly requests: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Which child a workload of the demo stands behind. */
const childOf: Readonly<Record<string, string>> = { monolith: 'vm-1', orders: 'cluster-1' };

/** At least so many requests are measured in each phase. */
export const requestsPerPhase = 2000;

/** Collects phases from one running load. */
export class Phases {
  readonly all: Phase[] = [];
  readonly #load: Load;

  constructor(load: Load) {
    this.#load = load;
  }

  /**
   * Runs `change`, then measures until enough requests were answered. `settled` false: the requests during the change
   * are measured too, for a phase that is about the change itself.
   */
  async phase(name: string, requested: Split, change: () => Promise<void>, settled = true): Promise<Phase> {
    this.#load.take();
    await change();
    const during = settled ? this.#load.take() : undefined;
    await this.#load.seen(requestsPerPhase);
    const report = this.#load.take();
    const phase = summary(name, requested, report, during);
    this.all.push(phase);
    return phase;
  }
}

function summary(name: string, requested: Split, report: LoadReport, during: LoadReport | undefined): Phase {
  return {
    name,
    requested,
    measured: splitOf(report, Object.keys(requested)),
    requests: report.requests + (during?.requests ?? 0),
    failed: report.failed + (during?.failed ?? 0),
    failures: { ...during?.failures, ...report.failures },
    p50Ms: report.p50Ms,
    p99Ms: report.p99Ms,
  };
}

/** Shares of the good answers, by child; those of `children` are there even at 0. */
export function splitOf(report: LoadReport, children: readonly string[]): Split {
  const split: Record<string, number> = Object.fromEntries(children.map((child) => [child, 0]));
  for (const [workload, count] of Object.entries(report.servedBy)) {
    const child = childOf[workload] ?? workload;
    split[child] = (split[child] ?? 0) + count / report.ok;
  }
  return split;
}
