/** The one shape of a middleware, and the stack that runs them. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';

/** Ends the request here with this error's status and problem document. */
export interface Refusal {
  readonly code: GatewayErrorCode;
  /** For the operator, and for the client when it is at fault. */
  readonly detail: string;
}

/** Synchronous, in place, no closures or promises per request. One object serves every request. */
export interface Middleware {
  request?(head: RequestHead): Refusal | undefined;
  response?(head: ResponseHead, request: RequestHead): void;
}

/** The middlewares of one router. */
export interface MiddlewareStack {
  /** Runs them in order; the first refusal ends it. */
  request(head: RequestHead): Refusal | undefined;
  /** Runs them in reverse order: the first in the list sees the response last. */
  response(head: ResponseHead, request: RequestHead): void;
}

/** Makes a stack of `middlewares`, listed in the order in which a request meets them. */
export function compileStack(middlewares: readonly Middleware[]): MiddlewareStack {
  if (middlewares.length === 0) return empty;
  return new Stack(middlewares);
}

type OnRequest = Required<Pick<Middleware, 'request'>>;
type OnResponse = Required<Pick<Middleware, 'response'>>;

class Stack implements MiddlewareStack {
  readonly #onRequest: readonly OnRequest[];
  readonly #onResponse: readonly OnResponse[];

  constructor(middlewares: readonly Middleware[]) {
    // Middlewares that don't look at one side cost nothing there.
    this.#onRequest = middlewares.filter((one): one is OnRequest => one.request !== undefined);
    this.#onResponse = middlewares.filter((one): one is OnResponse => one.response !== undefined).reverse();
  }

  request(head: RequestHead): Refusal | undefined {
    for (let i = 0; i < this.#onRequest.length; i++) {
      const refusal = (this.#onRequest[i] as OnRequest).request(head);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  response(head: ResponseHead, request: RequestHead): void {
    for (let i = 0; i < this.#onResponse.length; i++)
      (this.#onResponse[i] as OnResponse).response(head, request);
  }
}

const empty: MiddlewareStack = { request: () => undefined, response: () => undefined };
