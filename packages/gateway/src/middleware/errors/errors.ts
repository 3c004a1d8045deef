/** `errors`: pages of a service in place of error answers. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { RequestHead } from '../../http/message.ts';
import type { ErrorsModel } from '../../model/middleware/errors.ts';
import { includesStatus } from '../../service/retry-policy.ts';
import type { Service } from '../../service/service.ts';
import type { Middleware, MiddlewareContext, Next } from '../middleware.ts';
import { ErrorsExchange, type Pages } from './errors-exchange.ts';
import { isForPage } from './page-call.ts';
import { PageRequests } from './page-request.ts';

/** A client that has got an error shall not wait for a page for ever. */
const pageMs = 10_000;

export function errors(model: ErrorsModel, context: MiddlewareContext): Middleware {
  return new Errors(model, context);
}

class Errors implements Middleware, Pages {
  readonly #model: ErrorsModel;
  readonly #context: MiddlewareContext;
  readonly #clock: Clock;
  readonly #service: Service;
  readonly #requests: PageRequests;

  constructor(model: ErrorsModel, context: MiddlewareContext) {
    this.#model = model;
    this.#context = context;
    this.#clock = context.clock;
    this.#service = context.service(model.service);
    this.#requests = new PageRequests(model.page, model.requestHeaders);
  }

  handle(exchange: Exchange, next: Next): void {
    // The service may have middlewares of its own, and this one among them.
    next.go(isForPage(exchange.request) ? exchange : new ErrorsExchange(exchange, this));
  }

  replaces(status: number): number | undefined {
    if (!includesStatus(this.#model.statuses, status)) return undefined;
    for (const { from, to } of this.#model.rewrites) if (status >= from[0] && status <= from[1]) return to;
    return status;
  }

  requestFor(request: RequestHead, status: number, originalStatus: number): RequestHead | undefined {
    return this.#requests.of(request, status, originalStatus);
  }

  send(exchange: Exchange): void {
    this.#context.send(exchange, this.#service);
  }

  after(fn: () => void): () => void {
    return this.#clock.after(pageMs, fn);
  }
}
