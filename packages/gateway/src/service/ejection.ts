/** What the requests to one endpoint have shown: failures that count, ejections, and the way back from them. */
import type { PassiveHealthCheckModel } from '../model/model.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import { FailureWindow } from './failure-window.ts';
import { Readmission } from './readmission.ts';

/** Ejections in a row grow to this many times the first one. */
const longest = 8;
const never = Number.POSITIVE_INFINITY;

export interface EjectionHost {
  readonly deadlines: Deadlines;
  /** Whether enough others are left. */
  mayEject(): boolean;
  /** `ejected` or `spared` is another one now. */
  changed(): void;
  ejectedFor(ms: number, reason: string): void;
  readmittedWithin(ms: number): void;
}

export class Ejection implements Timed {
  deadline = never;
  ejected = false;
  /** Fails as much as an ejected one, but so many others are ejected that it must go on. */
  spared = false;
  readonly #host: EjectionHost;
  #failures: FailureWindow | undefined;
  #readmission: Readmission | undefined;
  /** Of the last ejection: the check that ordered it, undefined for a failed dial. */
  #passive: PassiveHealthCheckModel | undefined;
  /** Ejections so far without a good while between them, and when the last one ended. */
  #count = 0;
  #endedAt = 0;

  constructor(host: EjectionHost) {
    this.#host = host;
  }

  /** Back from an ejection with a part of its share. */
  get readmitting(): boolean {
    return this.#readmission !== undefined;
  }

  /** Counts one request that is meant for it; false when it is not yet to take this one. */
  admits(): boolean {
    return this.#readmission === undefined || this.#readmission.admits(this.#host.deadlines.now);
  }

  failure(passive: PassiveHealthCheckModel, reason: string): void {
    // What was on its way when it was ejected says nothing new.
    if (this.ejected) return;
    const { now } = this.#host.deadlines;
    this.#failures ??= new FailureWindow();
    if (!this.#failures.add(now, passive.failureWindowMs, passive.maxFailedAttempts)) return;
    if (!this.#host.mayEject()) this.#spare(true, now + passive.failureWindowMs);
    else {
      const ms = this.#lengthOf(passive, now);
      this.#eject(ms, passive);
      this.#host.ejectedFor(ms, reason);
    }
  }

  /** It works: earlier failures were nothing to worry about. */
  success(): void {
    this.#failures = undefined;
    if (this.spared) this.#spare(false, this.#readmission?.end);
  }

  /** It could not be dialled: it rests for `ms`, whatever others do, and is back at once. */
  undialled(ms: number): void {
    this.#eject(ms, undefined);
  }

  /** Ends an ejection, if it is in one. */
  end(): void {
    if (!this.ejected) return;
    const { now } = this.#host.deadlines;
    const ms = this.#passive?.readmissionMs ?? 0;
    this.ejected = false;
    this.#endedAt = now;
    this.#readmission = ms === 0 ? undefined : new Readmission(now, ms);
    this.#wait(this.#readmission?.end);
    if (this.#passive !== undefined) this.#host.readmittedWithin(ms);
    this.#host.changed();
  }

  /** Goes on from `before`, which was over another transport: that may be the cure, so nothing has to be waited for. */
  succeed(before: Ejection): void {
    if (!before.ejected && !before.readmitting) return;
    this.#count = before.#count;
    this.#passive = before.#passive;
    this.ejected = true;
    this.end();
  }

  expired(): void {
    if (this.ejected) this.end();
    else {
      if (this.#readmission !== undefined && this.#host.deadlines.now >= this.#readmission.end)
        this.#readmission = undefined;
      this.#spare(false, this.#readmission?.end);
    }
  }

  /** Nobody waits for anything any more. */
  dispose(): void {
    this.#wait(undefined);
  }

  /** Twice as long as the one before when that one cured nothing. */
  #lengthOf({ failureWindowMs, readmissionMs }: PassiveHealthCheckModel, now: number): number {
    if (now - this.#endedAt >= Math.max(readmissionMs, failureWindowMs)) this.#count = 0;
    return failureWindowMs * Math.min(2 ** this.#count++, longest);
  }

  #eject(ms: number, passive: PassiveHealthCheckModel | undefined): void {
    this.#passive = passive;
    this.#failures = undefined;
    this.#readmission = undefined;
    this.spared = false;
    this.ejected = true;
    this.#wait(this.#host.deadlines.now + ms);
    this.#host.changed();
  }

  #spare(spared: boolean, until: number | undefined): void {
    this.#wait(until);
    if (spared === this.spared) return;
    this.spared = spared;
    this.#host.changed();
  }

  /** Only those that wait for something are looked at again and again. */
  #wait(until: number | undefined): void {
    const { deadlines } = this.#host;
    this.deadline = until ?? never;
    if (until === undefined) deadlines.delete(this);
    else deadlines.add(this);
  }
}
