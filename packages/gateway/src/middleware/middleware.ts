/** The one shape of a middleware, and what it may answer. */
import type { Clock } from '@ficus/common/clock.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { Limits } from '../limits/limits.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { RetryPolicy } from '../service/retry-policy.ts';
import type { Service } from '../service/service.ts';

/** Ends the request here with this error's status and problem document. */
export interface Refusal {
  readonly code: GatewayErrorCode;
  /** For the operator, and for the client when it is at fault. */
  readonly detail: string;
  /** In place of the code's own status. */
  readonly status?: number;
  /** Added to the answer, such as WWW-Authenticate or Retry-After. */
  readonly headers?: Headers;
}

/** Ends the request here with this response, such as a redirect. */
export interface Reply {
  readonly status: number;
  /** Fields without framing: a fresh list, for the middlewares before this one change it in place. */
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Sends the request to this service at once: neither the middlewares after this one nor the router's service see it. */
export interface Detour {
  readonly service: Service;
}

export type Verdict = Refusal | Reply | Detour;

/** Wants to know how a request ended that it let pass. */
export interface Visit {
  /** Once, whatever became of it. `status`: what the client was sent, 499 when it left before. */
  finished(status: number): void;
}

/** One request on its way through the middlewares. */
export interface Passing {
  /** `visit` hears of the end of this request. One object may stand for many requests. */
  visit(visit: Visit): void;
}

/** How a middleware that took an exchange over lets it go on. */
export interface Next {
  /**
   * Goes on with the middlewares after it: with the exchange it was given, or with a filter in front of that
   * (`FilterExchange`) which sees bodies and the response on their way. At most once; never after `clientGone`.
   */
  go(exchange: Exchange): void;
}

/**
 * One middleware of one router; one object serves every request. Either `request` or `handle`, and `response` with each.
 * `request` and `response` are synchronous and work in place: no closures or promises per request.
 */
export interface Middleware {
  /** Undefined lets the request pass. */
  request?(head: RequestHead, exchange: Exchange, passing: Passing): Verdict | undefined;
  /** In place of `request`, for what waits, or wants bodies: takes the exchange over until `next.go`. */
  handle?(exchange: Exchange, next: Next, passing: Passing): void;
  /** Changes the head of the response, whoever made it: an endpoint, a later middleware, or the gateway's refusal. */
  response?(head: ResponseHead, exchange: Exchange): void;
  /** How the request may be sent again; of several the last counts. */
  readonly retry?: RetryPolicy;
}

/** What building a middleware may use. */
export interface MiddlewareContext {
  /** The router or service whose middleware it is, as the JSON of `[kind, name, provider]`: one is built for each. */
  readonly owner: string;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Counts what is limited, over all processes that serve. */
  readonly limits: Limits;
  /**
   * State that outlives a reload: the running generation's under the same key, or made now. The key holds the kind, the
   * name, and whatever must be unchanged for the state to mean the same, as a JSON list.
   */
  kept<T>(key: string, make: () => T): T;
  /** The service of this index in the model. To be called while building, as `kept` is; and used while serving. */
  service(index: number): Service;
  /** Sends an exchange of the gateway's own (`InnerExchange`) to `service`. */
  send(exchange: Exchange, service: Service): void;
}
