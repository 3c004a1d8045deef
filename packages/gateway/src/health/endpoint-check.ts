/** The check of one endpoint: probes at once and then at intervals, tells when the verdict changes. */
import type { Clock } from '@ficus/common/clock.ts';
import type { HealthCheckModel } from '../model/model.ts';
import type { ProbeResult } from './http-verdict.ts';
import type { ProbePlan } from './probe-plan.ts';
import type { ProbeTurns } from './probe-turns.ts';
import { Standing } from './standing.ts';
import { timedProbe } from './timed-probe.ts';

/** Checks that start together must not stay together. */
const jitter = 0.1;

export class EndpointCheck {
  readonly #clock: Clock;
  readonly #turns: ProbeTurns;
  readonly #tell: (up: boolean, reason: string) => void;
  readonly #standing = new Standing();
  /** How the endpoint began in the data plane. */
  readonly #initialState: HealthCheckModel['initialState'];
  /** The data plane knows the verdict; it need not be told the first one when that is what it assumes. */
  #told = false;
  #plan: ProbePlan;
  #cancelTimer: (() => void) | undefined;
  #cancelProbe: (() => void) | undefined;
  #stopped = false;

  /** Runs at once. `tell` gets every change of the verdict. */
  constructor(clock: Clock, turns: ProbeTurns, plan: ProbePlan, tell: (up: boolean, reason: string) => void) {
    this.#clock = clock;
    this.#turns = turns;
    this.#plan = plan;
    this.#initialState = plan.check.initialState;
    this.#tell = tell;
    this.#run();
  }

  /** The verdict, or the initial state while there is none. */
  get up(): boolean {
    return this.#standing.up ?? this.#initialState === 'up';
  }

  /** The verdict is kept; a changed check is run at once. */
  configure(plan: ProbePlan): void {
    const before = this.#plan;
    this.#plan = plan;
    // A data plane that starts anew from here on would assume another state than the one that runs.
    if (plan.check.initialState !== before.check.initialState && !this.#told)
      this.#verdict('its initial state was changed');
    if (before.key !== plan.key || before.over !== plan.over) this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelProbe?.();
  }

  #run(): void {
    this.#cancelTimer?.();
    this.#cancelProbe?.();
    const { check, start } = this.#plan;
    let cancel: (() => void) | undefined;
    const release = this.#turns.take((done) => {
      cancel = timedProbe(this.#clock, check.timeoutMs, start, (result) => {
        done();
        this.#judge(result);
      });
    });
    this.#cancelProbe = () => {
      cancel?.();
      release();
    };
  }

  #judge(result: ProbeResult): void {
    if (this.#stopped) return;
    const { check } = this.#plan;
    const assumed = !this.#told && check.initialState === 'up' && result.up;
    if (this.#standing.add(result.up, check) && !assumed) this.#verdict(result.reason);
    const interval = this.up ? check.intervalMs : check.unhealthyIntervalMs;
    this.#cancelTimer = this.#clock.after(interval * (1 + jitter * (Math.random() - 0.5)), () => this.#run());
  }

  #verdict(reason: string): void {
    this.#told = true;
    this.#tell(this.up, reason);
  }
}
