/** A request that waits for leave to go on, while its client may leave. */
import type { Exchange, ExchangeListener } from '../http/exchange.ts';
import type { Next } from '../middleware/middleware.ts';

export abstract class Waiting implements ExchangeListener {
  protected readonly exchange: Exchange;
  /** Nobody waits any more. */
  protected gone = false;
  readonly #next: Next;

  constructor(exchange: Exchange, next: Next) {
    this.exchange = exchange;
    this.#next = next;
    exchange.listen(this);
  }

  clientGone(): void {
    this.gone = true;
  }

  protected go(): void {
    this.#next.go(this.exchange);
  }

  // Its body is not asked for before it goes on.
  bodyData(): boolean {
    return false;
  }

  bodyEnd(): void {}

  turnEnd(): void {}

  responseDrained(): void {}
}
