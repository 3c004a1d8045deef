/** When the certificate is renewed: at half its life, then again and again until it works or has expired. */
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';

/** Milliseconds since the epoch. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface RenewalOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Of the certificate in use. */
  readonly validity: () => Validity;
  /** Fetches and stores a new certificate; rejects when that failed. */
  readonly renew: () => Promise<void>;
  /** Renew this often instead of at half life. */
  readonly renewEveryMs?: number;
  /** 0 ≤ n < 1; default Math.random. */
  readonly random?: () => number;
}

/** Longest single timer: a clock may jump, and `setTimeout` overflows at 24.8 days. */
const longestWaitMs = 3_600_000;
/** Share of the life that is left when lateness becomes an alarm. */
const alarmShare = 0.25;

/** Milliseconds from `now` to the next renewal: half of life, ±5 % of life so that a fleet doesn't come at once. */
export function renewalDelay(validity: Validity, now: number, random: number, everyMs?: number): number {
  if (everyMs !== undefined) return everyMs;
  const life = validity.notAfter - validity.notBefore;
  return Math.max(0, validity.notBefore + life * (0.45 + 0.1 * random) - now);
}

/** Milliseconds to the next try after `failures` ≥ 1 of them: 1 s doubling to 5 min, at most a tenth of what is left. */
export function retryDelay(failures: number, remainingMs: number, random: number): number {
  const backoff = Math.min(1000 * 2 ** Math.min(failures - 1, 20), 300_000);
  return Math.max(1000, Math.min(backoff, remainingMs / 10)) * (0.75 + 0.5 * random);
}

/** Keeps one node's certificate fresh. `start` once; `close` stops it, a renewal under way included. */
export class RenewalSchedule {
  readonly #options: RenewalOptions;
  readonly #random: () => number;
  #cancel: () => void = () => {};
  #failures = 0;
  #running = false;
  #closed = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  start(): void {
    const { clock, validity, renewEveryMs } = this.#options;
    this.#at(clock.now() + renewalDelay(validity(), clock.now(), this.#random(), renewEveryMs));
  }

  /** Somebody else (a `ficus join`, a volume mount) replaced the certificate: plan anew from it. */
  identityChanged(): void {
    if (this.#running || this.#closed) return;
    this.#failures = 0;
    this.start();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #at(due: number): void {
    if (this.#closed) return;
    this.#cancel();
    const wait = due - this.#options.clock.now();
    this.#cancel = this.#options.clock.after(Math.max(0, Math.min(wait, longestWaitMs)), () => {
      if (this.#options.clock.now() < due) this.#at(due);
      else void this.#attempt();
    });
  }

  async #attempt(): Promise<void> {
    const { clock, log, validity } = this.#options;
    if (clock.now() >= validity().notAfter) {
      this.#expired();
      return;
    }
    this.#running = true;
    try {
      await this.#options.renew();
      this.#failures = 0;
      log.info({ notAfter: new Date(validity().notAfter).toISOString() }, 'certificate renewed');
      this.#running = false;
      this.start();
    } catch (error) {
      this.#running = false;
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    const { clock, log, validity } = this.#options;
    const { notBefore, notAfter } = validity();
    const remaining = notAfter - clock.now();
    if (remaining <= 0) {
      this.#expired();
      return;
    }
    this.#failures++;
    const waitMs = Math.round(retryDelay(this.#failures, remaining, this.#random()));
    const overdue = remaining < (notAfter - notBefore) * alarmShare;
    log[overdue ? 'error' : 'warn'](
      { err: error, failures: this.#failures, expiresInMs: remaining, waitMs },
      overdue
        ? 'certificate renewal is overdue: the child is cut off when it expires'
        : 'certificate not renewed',
    );
    this.#at(clock.now() + waitMs);
  }

  #expired(): void {
    const at = new Date(this.#options.validity().notAfter).toISOString();
    const err = new FicusError('certificate.expired', `the child's certificate expired at ${at}`, {
      remedy: 'it needs a new token: `ficus token create --child …` on the parent, then `ficus join …` here',
    });
    this.#options.log.error({ err }, 'certificate expired');
  }
}
