/** The check of one endpoint: probes at once and then at intervals, tells when the verdict changes. */
import type { Clock } from '@ficus/common/clock.ts';
import type { HealthCheckModel } from '../model/model.ts';
import type { Pool } from '../service/pool.ts';
import { type ProbeResult, probe } from './probe.ts';

/** Checks that start together must not stay together. */
const jitter = 0.1;

export class EndpointCheck {
  /** undefined until the first probe has an answer: then the endpoint counts as up, as in Traefik. */
  up: boolean | undefined;
  readonly #clock: Clock;
  readonly #changed: (up: boolean, reason: string) => void;
  #pool: Pool | undefined;
  #check: HealthCheckModel | undefined;
  #host = '';
  #fields = '';
  #cancelTimer: (() => void) | undefined;
  #cancelProbe: (() => void) | undefined;
  #stopped = false;

  constructor(clock: Clock, changed: (up: boolean, reason: string) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** The verdict is kept; a changed check is run at once. */
  configure(pool: Pool, check: HealthCheckModel, host: string, fields: string): void {
    const same =
      this.#check !== undefined &&
      this.#pool === pool &&
      this.#host === host &&
      this.#fields === fields &&
      JSON.stringify(this.#check) === JSON.stringify(check);
    this.#pool = pool;
    this.#check = check;
    this.#host = host;
    this.#fields = fields;
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
    if (this.#pool === undefined || this.#check === undefined) return;
    this.#cancelProbe = probe(this.#pool, this.#check, this.#host, this.#fields, (result) =>
      this.#judge(result),
    );
  }

  #judge(result: ProbeResult): void {
    this.#cancelProbe = undefined;
    const check = this.#check;
    if (this.#stopped || check === undefined) return;
    const before = this.up;
    this.up = result.up;
    if (result.up ? before === false : before !== false) this.#changed(result.up, result.reason);
    const interval = result.up ? check.intervalMs : check.unhealthyIntervalMs;
    this.#cancelTimer = this.#clock.after(interval * (1 + jitter * (Math.random() - 0.5)), () => this.#run());
  }
}
