/** `circuitBreaker`: answers in place of what fails too often, until it has recovered. One for each router. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RequestHead } from '../http/message.ts';
import type { CircuitBreakerModel } from '../model/middleware/circuit-breaker.ts';
import type { CircuitBreaker } from '../service/circuit/breaker.ts';
import { keptBreaker } from '../service/circuit/keep.ts';
import type { Middleware, MiddlewareContext, Passing, Verdict, Visit } from './middleware.ts';

export function circuitBreaker(model: CircuitBreakerModel, context: MiddlewareContext): Middleware {
  const breaker = keptBreaker(context, context.owner, model);
  return new CircuitBreakerMiddleware(breaker, context.clock, instead(model, context));
}

/** What becomes of a request while it is open. */
function instead(model: CircuitBreakerModel, context: MiddlewareContext): Verdict {
  if (model.fallbackService !== undefined) return { service: context.service(model.fallbackService) };
  return {
    code: 'service.circuit-open',
    detail: `${model.name.join('@')} is open`,
    status: model.responseCode,
  };
}

class CircuitBreakerMiddleware implements Middleware, Visit {
  readonly #breaker: CircuitBreaker;
  readonly #clock: Clock;
  readonly #instead: Verdict;

  constructor(breaker: CircuitBreaker, clock: Clock, verdict: Verdict) {
    this.#breaker = breaker;
    this.#clock = clock;
    this.#instead = verdict;
  }

  request(_head: RequestHead, _exchange: Exchange, passing: Passing): Verdict | undefined {
    if (!this.#breaker.admit()) return this.#instead;
    passing.visit(this.#breaker.timed ? new TimedVisit(this.#breaker, this.#clock) : this);
    return undefined;
  }

  finished(status: number): void {
    this.#breaker.record(status, 0);
  }
}

/** One request whose time counts. */
class TimedVisit implements Visit {
  readonly #breaker: CircuitBreaker;
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(breaker: CircuitBreaker, clock: Clock) {
    this.#breaker = breaker;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  finished(status: number): void {
    this.#breaker.record(status, this.#clock.monotonic() - this.#startedAt);
  }
}
