/** A request at a service with middlewares of its own: through them, then on its way in the service behind. */
import type { Exchange } from '../http/exchange.ts';
import { type Destination, Passage } from '../middleware/passage.ts';
import type { Passing } from '../service/passing.ts';
import type { RetryPolicy } from '../service/retry-policy.ts';
import type { Service } from '../service/service.ts';
import type { ForwardContext } from './attempts.ts';
import type { Choice } from './choice.ts';

/** Takes `exchange` over. `before`: what was noted on the way to `passing`. */
export function servePassing(
  passing: Passing,
  exchange: Exchange,
  before: Choice,
  policy: RetryPolicy,
  context: ForwardContext,
): void {
  const own = passing.steps.findLast((step) => step.retry !== undefined)?.retry;
  new Passage(passing.steps, exchange, new Inside(passing.inner, before, own ?? policy, context)).run();
}

class Inside implements Destination {
  readonly #service: Service;
  readonly #before: Choice;
  readonly #policy: RetryPolicy;
  readonly #context: ForwardContext;

  constructor(service: Service, before: Choice, policy: RetryPolicy, context: ForwardContext) {
    this.#service = service;
    this.#before = before;
    this.#policy = policy;
    this.#context = context;
  }

  serve(exchange: Exchange): void {
    this.serveBy(exchange, this.#service);
  }

  serveBy(exchange: Exchange, service: Service): void {
    this.#context.forward(exchange, service, this.#policy, this.#before);
  }
}
