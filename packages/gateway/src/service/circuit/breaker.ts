/** A circuit breaker: opens when requests fail as its expression says, and closes step by step. As Traefik's (oxy). */
import type { Clock } from '@ficus/common/clock.ts';
import type { CircuitBreakerSettings } from '../../model/middleware/circuit-breaker.ts';
import { type Condition, compileExpression, type ExpressionNeeds, expressionNeeds } from './expression.ts';
import { CircuitMeter } from './meter.ts';

/** Closed; open; letting a growing share through. Traefik's words. */
export type CircuitState = 'standby' | 'tripped' | 'recovering';

export class CircuitBreaker {
  /** For people: who has it. */
  readonly name: string;
  /** Times it opened. */
  trips = 0;
  readonly #settings: CircuitBreakerSettings;
  readonly #clock: Clock;
  readonly #condition: Condition;
  readonly #meter: CircuitMeter;
  #state: CircuitState = 'standby';
  /** Monotonic milliseconds at which it leaves the state it is in. */
  #until = Number.POSITIVE_INFINITY;
  #nextCheck = Number.NEGATIVE_INFINITY;
  /** While it recovers: when that began, and what was let through and what was not. */
  #since = 0;
  #allowed = 0;
  #denied = 0;
  #watchers: WeakRef<() => void>[] = [];

  constructor(name: string, settings: CircuitBreakerSettings, clock: Clock) {
    this.name = name;
    this.#settings = settings;
    this.#clock = clock;
    const { condition, needs } = understood(settings);
    this.#condition = condition;
    this.#meter = new CircuitMeter(needs);
  }

  /** Whether its expression asks how long requests take; else `record` needs no time. */
  get timed(): boolean {
    return this.#meter.timed;
  }

  get state(): CircuitState {
    if (this.#state === 'standby' || this.#clock.monotonic() < this.#until) return this.#state;
    return this.#state === 'tripped' ? 'recovering' : 'standby';
  }

  /** Whether a request may go on now; counts it. */
  admit(): boolean {
    if (this.#state === 'standby') return true;
    const now = this.#clock.monotonic();
    const state = this.#pass(now);
    return state === 'standby' || (state === 'recovering' && this.#admitShare(now));
  }

  /** A request that was admitted has ended with `status`, after `ms`. */
  record(status: number, ms: number): void {
    const now = this.#clock.monotonic();
    // Begun before it opened: what it says is known.
    if (this.#state !== 'standby' && this.#pass(now) === 'tripped') return;
    this.#meter.record(now, status, ms);
    if (now < this.#nextCheck) return;
    this.#nextCheck = now + this.#settings.checkPeriodMs;
    if (this.#meter.requests < this.#settings.minRequests || !this.#condition(this.#meter)) return;
    this.trips++;
    this.#meter.clear();
    this.#enter('tripped', now + this.#settings.fallbackMs);
  }

  /** Runs `listener` whenever the state changes, for as long as somebody else holds it, too. */
  watch(listener: () => void): void {
    this.#watchers = this.#watchers.filter((each) => each.deref() !== undefined);
    this.#watchers.push(new WeakRef(listener));
  }

  /** Leaves the states whose time is over. */
  #pass(now: number): CircuitState {
    if (this.#state === 'tripped' && now >= this.#until) {
      this.#since = now;
      this.#allowed = 0;
      this.#denied = 0;
      this.#enter('recovering', now + this.#settings.recoveryMs);
    }
    if (this.#state === 'recovering' && now >= this.#until) this.#enter('standby', Number.POSITIVE_INFINITY);
    return this.#state;
  }

  /** From none to half of the requests, rising evenly: with as many let through as not, nothing is spared any more. */
  #admitShare(now: number): boolean {
    const wanted = (0.5 * (now - this.#since)) / this.#settings.recoveryMs;
    const share = (this.#allowed + 1) / (this.#allowed + this.#denied + 1);
    if (share < wanted) {
      this.#allowed++;
      return true;
    }
    this.#denied++;
    return false;
  }

  #enter(state: CircuitState, until: number): void {
    this.#state = state;
    this.#until = until;
    if (this.#watchers.length === 0) return;
    // Nobody may ask for a while, yet those who watch want to know when there is something to have again.
    if (state !== 'standby')
      this.#clock.after(until - this.#clock.monotonic(), () => this.#pass(this.#clock.monotonic()));
    for (const watcher of this.#watchers) watcher.deref()?.();
  }
}

interface Understood {
  readonly condition: Condition;
  readonly needs: ExpressionNeeds;
}

/** Thousands of routers may have a breaker from one middleware: its expression is read once. */
const known = new WeakMap<CircuitBreakerSettings, Understood>();

function understood(settings: CircuitBreakerSettings): Understood {
  const before = known.get(settings);
  if (before !== undefined) return before;
  const { expression } = settings;
  const made = { condition: compileExpression(expression), needs: expressionNeeds(expression) };
  known.set(settings, made);
  return made;
}
