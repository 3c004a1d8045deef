/** `buffering`: request bodies are here in whole before an endpoint is asked; bodies have limits. */
import type { Exchange } from '../../http/exchange.ts';
import type { Headers } from '../../http/headers.ts';
import type { BufferingModel } from '../../model/middleware/buffering.ts';
import type { RetryPolicy } from '../../service/retry-policy.ts';
import { BodyCollector, type CollectorOwner } from '../body/body-collector.ts';
import type { BodyStore } from '../body/body-store.ts';
import { StoredBodyExchange } from '../body/stored-exchanges.ts';
import type { Middleware, Next, Passing, Visit } from '../middleware.ts';
import { LimitedResponse } from './limited-response.ts';

export function buffering(model: BufferingModel): Middleware {
  return new Buffering(model);
}

class Buffering implements Middleware {
  readonly retry?: RetryPolicy;
  readonly #model: BufferingModel;

  constructor(model: BufferingModel) {
    this.#model = model;
    if (model.retry !== undefined) this.retry = model.retry;
  }

  handle(exchange: Exchange, next: Next, passing: Passing): void {
    const { maxRequestBytes: maxBytes, memoryRequestBytes: memoryBytes } = this.#model;
    if (exchange.upgrade !== '') next.go(exchange);
    else if (exchange.bodyLength === 0) this.goOn(exchange, next);
    else if (maxBytes >= 0 && exchange.bodyLength > maxBytes) tooLarge(exchange, maxBytes);
    else {
      const buffered = new BufferedRequest(this, exchange, next, passing, maxBytes);
      new BodyCollector(exchange, { maxBytes, memoryBytes }, buffered).start();
    }
  }

  goOn(exchange: Exchange, next: Next): void {
    const { maxResponseBytes, memoryResponseBytes } = this.#model;
    if (maxResponseBytes < 0) next.go(exchange);
    else next.go(new LimitedResponse(exchange, maxResponseBytes, memoryResponseBytes));
  }
}

/** One request whose body is taken in. */
class BufferedRequest implements CollectorOwner, Visit {
  readonly #buffering: Buffering;
  readonly #exchange: Exchange;
  readonly #next: Next;
  readonly #passing: Passing;
  readonly #maxBytes: number;
  #store: BodyStore | undefined;

  constructor(buffering: Buffering, exchange: Exchange, next: Next, passing: Passing, maxBytes: number) {
    this.#buffering = buffering;
    this.#exchange = exchange;
    this.#next = next;
    this.#passing = passing;
    this.#maxBytes = maxBytes;
  }

  collected(store: BodyStore, trailers: Headers | undefined): void {
    this.#store = store;
    this.#passing.visit(this);
    this.#buffering.goOn(new StoredBodyExchange(this.#exchange, store, trailers), this.#next);
  }

  bodyTooLarge(): void {
    tooLarge(this.#exchange, this.#maxBytes);
  }

  bodyLost(error: Error): void {
    this.#exchange.refuse('gateway.internal', `the body cannot be stored: ${error.message}`);
  }

  clientLeft(): void {
    // Nobody was asked yet.
  }

  finished(): void {
    this.#store?.close();
  }
}

function tooLarge(exchange: Exchange, maxBytes: number): void {
  exchange.refuse('request.body-too-large', `at most ${maxBytes} bytes`);
}
