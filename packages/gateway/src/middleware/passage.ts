/** One request's way through the middlewares of its router, in order, and of its response back through them. */
import type { Exchange, ResponseHook } from '../http/exchange.ts';
import type { ResponseHead } from '../http/message.ts';
import type { RetryPolicy } from '../service/retry-policy.ts';
import type { Service } from '../service/service.ts';
import type { Middleware, Next, Passing, Verdict, Visit } from './middleware.ts';

/** How a request that has passed `steps` may be sent again: the last one's say, undefined when none has one. */
export function retryOf(steps: readonly Middleware[]): RetryPolicy | undefined {
  return steps.findLast((step) => step.retry !== undefined)?.retry;
}

/** Where a request goes that has passed. */
export interface Destination {
  serve(exchange: Exchange): void;
  /** A middleware sends it elsewhere. */
  serveBy(exchange: Exchange, service: Service): void;
}

export class Passage implements ResponseHook, Next, Passing {
  readonly #steps: readonly Middleware[];
  readonly #exchange: Exchange;
  readonly #destination: Destination;
  /** The response meets these next. */
  readonly #before: ResponseHook | undefined;
  /** Who keeps the visits of the whole request: the passage it began with. */
  readonly #root: Passage;
  readonly #from: number;
  /** Steps that have let the request pass, or are at it. */
  #at: number;
  #visits: Visit[] | undefined;

  /** `from`: steps before it belong to the passage `root` of an exchange that this one's stands in front of. */
  constructor(
    chain: readonly Middleware[],
    exchange: Exchange,
    destination: Destination,
    root?: Passage,
    from = 0,
  ) {
    this.#steps = chain;
    this.#exchange = exchange;
    this.#destination = destination;
    this.#before = exchange.hook;
    this.#root = root ?? (exchange.hook instanceof Passage ? exchange.hook.#root : this);
    this.#from = from;
    this.#at = from;
    exchange.hook = this;
  }

  run(): void {
    const steps = this.#steps;
    const exchange = this.#exchange;
    while (this.#at < steps.length) {
      const step = steps[this.#at++] as Middleware;
      if (step.request !== undefined) {
        const verdict = step.request(exchange.request, exchange, this);
        if (verdict !== undefined) {
          // Its own answer is as it shall be.
          this.#at--;
          this.#answer(verdict);
          return;
        }
      } else if (step.handle !== undefined) {
        step.handle(exchange, this, this);
        return;
      }
    }
    this.#destination.serve(exchange);
  }

  go(exchange: Exchange): void {
    if (exchange === this.#exchange) this.run();
    else new Passage(this.#steps, exchange, this.#destination, this.#root, this.#at).run();
  }

  visit(visit: Visit): void {
    const root = this.#root;
    if (root.#visits === undefined) root.#visits = [visit];
    else root.#visits.push(visit);
  }

  response(head: ResponseHead): void {
    for (let i = this.#at - 1; i >= this.#from; i--) {
      const step = this.#steps[i] as Middleware;
      if (step.response !== undefined) step.response(head, this.#exchange);
    }
    this.#before?.response(head);
  }

  finished(status: number): void {
    const visits = this.#root.#visits;
    if (visits === undefined) return;
    this.#root.#visits = undefined;
    for (let i = 0; i < visits.length; i++) (visits[i] as Visit).finished(status);
  }

  #answer(verdict: Verdict): void {
    const exchange = this.#exchange;
    if ('code' in verdict) {
      exchange.refuse(verdict.code, verdict.detail, verdict);
      return;
    }
    if ('service' in verdict) {
      this.#destination.serveBy(exchange, verdict.service);
      return;
    }
    const { status, headers, body } = verdict;
    exchange.respond({ status, reason: '', headers }, body.length);
    if (body.length > 0) exchange.write(body);
    exchange.end(undefined);
  }
}
