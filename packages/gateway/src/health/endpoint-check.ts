/** The check of one endpoint: probes at once and then at intervals, tells when the verdict changes. */
import type { Clock } from '@ficus/common/clock.ts';
import type { ProbeResult } from './http-verdict.ts';
import type { ProbePlan } from './probe-plan.ts';
import { timedProbe } from './timed-probe.ts';

/** Checks that start together must not stay together. */
const jitter = 0.1;

export class EndpointCheck {
  /** undefined until the first probe has an answer: then the endpoint counts as up, as in Traefik. */
  up: boolean | undefined;
  readonly #clock: Clock;
  readonly #changed: (up: boolean, reason: string) => void;
  #plan: ProbePlan | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelProbe: (() => void) | undefined;
  #stopped = false;

  constructor(clock: Clock, changed: (up: boolean, reason: string) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** The verdict is kept; a changed check is run at once. */
  configure(plan: ProbePlan): void {
    const same = this.#plan?.key === plan.key && this.#plan.over === plan.over;
    this.#plan = plan;
    if (!same) this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelProbe?.();
  }

  #run(): void {
    this.#cancelTimer?.();
    this.#cancelProbe?.();
    const plan = this.#plan;
    if (plan === undefined) return;
    this.#cancelProbe = timedProbe(this.#clock, plan.check.timeoutMs, plan.start, (result) =>
      this.#judge(result),
    );
  }

  #judge(result: ProbeResult): void {
    this.#cancelProbe = undefined;
    const check = this.#plan?.check;
    if (this.#stopped || check === undefined) return;
    const before = this.up;
    this.up = result.up;
    if (result.up ? before === false : before !== false) this.#changed(result.up, result.reason);
    const interval = result.up ? check.intervalMs : check.unhealthyIntervalMs;
    this.#cancelTimer = this.#clock.after(interval * (1 + jitter * (Math.random() - 0.5)), () => this.#run());
  }
}
