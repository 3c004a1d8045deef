/** A service behind circuit breakers: while one is open it counts as down, and others take its share. */
import type { Guard, Pick, Picked, Service } from '../service.ts';
import type { CircuitBreaker } from './breaker.ts';

/** Down while a breaker is open; the breakers themselves are asked and told by the service's middlewares. */
export class Watched implements Service {
  readonly name: Service['name'];
  available: boolean;
  protected readonly inner: Service;
  protected readonly breakers: readonly CircuitBreaker[];
  readonly #listeners: (() => void)[] = [];
  /** Breakers outlive this service and hold on to it no more than weakly: this field does. */
  readonly #refresh = () => {
    const available = this.inner.available && !this.open;
    if (available === this.available) return;
    this.available = available;
    for (const listener of this.#listeners) listener();
  };

  constructor(inner: Service, breakers: readonly CircuitBreaker[]) {
    this.name = inner.name;
    this.inner = inner;
    this.breakers = breakers;
    this.available = inner.available && !this.open;
    inner.onAvailability(this.#refresh);
    for (const breaker of breakers) breaker.watch(this.#refresh);
  }

  get refusal(): Service['refusal'] {
    return this.open ? 'service.circuit-open' : this.inner.refusal;
  }

  pick(pick: Pick): Picked | undefined {
    return this.inner.pick(pick);
  }

  admits(): boolean {
    return this.inner.admits?.() !== false;
  }

  onAvailability(listener: () => void): void {
    this.#listeners.push(listener);
  }

  protected get open(): boolean {
    return this.breakers.some((breaker) => breaker.state === 'tripped');
  }
}

/** Asks its breakers itself, and tells them how attempts ended. */
export class Guarded extends Watched implements Guard {
  /** The attempt that was turned away last: asked again for the same one, a breaker would count it twice. */
  #deniedTo: Pick | undefined;
  #deniedAfter = 0;

  override pick(pick: Pick): Picked | undefined {
    const tried = pick.tried?.length ?? 0;
    if (this.#deniedTo === pick && this.#deniedAfter === tried) return undefined;
    this.#deniedTo = undefined;
    for (let i = 0; i < this.breakers.length; i++) {
      if ((this.breakers[i] as CircuitBreaker).admit()) continue;
      this.#deniedTo = pick;
      this.#deniedAfter = tried;
      return undefined;
    }
    const picked = this.inner.pick(pick);
    if (picked === undefined) return undefined;
    if (pick.guards === undefined) pick.guards = [this];
    else pick.guards.push(this);
    return picked;
  }

  ended(status: number, ms: number): void {
    for (let i = 0; i < this.breakers.length; i++) (this.breakers[i] as CircuitBreaker).record(status, ms);
  }
}
