/** `inFlightReq`: how many requests of a source may be under way at once. A WebSocket counts until it is one. */
import type { Exchange } from '../http/exchange.ts';
import type { Slots, SlotWaiter } from '../limits/limits.ts';
import { compileSource, type Source } from '../limits/source.ts';
import { Waiting } from '../limits/waiting.ts';
import type { InFlightReqModel } from '../model/middleware/in-flight-req.ts';
import type { Middleware, MiddlewareContext, Next, Passing, Visit } from './middleware.ts';

export function inFlightReq(model: InFlightReqModel, context: MiddlewareContext): Middleware {
  const { name, amount, source } = model;
  // Traefik builds one for each router that uses it, so that routers have limits of their own.
  const key = JSON.stringify(['inFlightReq', context.owner, name, amount, source]);
  const slots = context.kept(key, () => context.limits.slots(key, amount));
  return new InFlightReq(slots, compileSource(source), amount);
}

class InFlightReq implements Middleware {
  readonly #slots: Slots;
  readonly #source: Source;
  readonly #amount: number;

  constructor(slots: Slots, source: Source, amount: number) {
    this.#slots = slots;
    this.#source = source;
    this.#amount = amount;
  }

  handle(exchange: Exchange, next: Next, passing: Passing): void {
    const source = this.#source(exchange);
    const visit = this.#slots.take(source);
    if (visit === 'full') refuse(exchange, this.#amount);
    else if (visit === 'ask')
      this.#slots.ask(source, new WaitingForSlot(exchange, next, passing, this.#amount));
    else {
      passing.visit(visit);
      next.go(exchange);
    }
  }
}

class WaitingForSlot extends Waiting implements SlotWaiter {
  readonly #passing: Passing;
  readonly #amount: number;

  constructor(exchange: Exchange, next: Next, passing: Passing, amount: number) {
    super(exchange, next);
    this.#passing = passing;
    this.#amount = amount;
  }

  decided(visit: Visit | undefined): void {
    if (this.gone) visit?.finished(499);
    else if (visit === undefined) refuse(this.exchange, this.#amount);
    else {
      this.#passing.visit(visit);
      this.go();
    }
  }
}

function refuse(exchange: Exchange, amount: number): void {
  exchange.refuse('client.too-many-in-flight', `${amount} requests are under way already`);
}
