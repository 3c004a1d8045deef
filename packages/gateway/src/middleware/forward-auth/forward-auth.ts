/** `forwardAuth`: an authentication server is asked about each request. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { Headers } from '../../http/headers.ts';
import type { RequestHead, ResponseHead } from '../../http/message.ts';
import type { ForwardAuthModel } from '../../model/middleware/forward-auth.ts';
import type { Service } from '../../service/service.ts';
import { BodyCollector, type CollectorOwner } from '../body/body-collector.ts';
import type { BodyStore } from '../body/body-store.ts';
import { StoredBodyExchange } from '../body/stored-exchanges.ts';
import type { Middleware, MiddlewareContext, Next, Passing, Visit } from '../middleware.ts';
import { AuthFields, cookiesOf, passedAnswer, userOf } from './auth-answer.ts';
import { AuthCall, type AuthDecisions } from './auth-call.ts';
import { AuthRequests } from './auth-request.ts';
import { CookieExchange } from './cookie-exchange.ts';

/** As long as Traefik waits for an answer. */
const answerMs = 30_000;
/** Bodies that are sent along are kept in memory up to this, and beyond it in a file. */
const memoryBytes = 1_048_576;

export function forwardAuth(model: ForwardAuthModel, context: MiddlewareContext): Middleware {
  return new ForwardAuth(model, context);
}

class ForwardAuth implements Middleware, AuthDecisions {
  readonly maxAnswerBytes: number;
  readonly signinUrl: string;
  readonly address: string;
  readonly #model: ForwardAuthModel;
  readonly #context: MiddlewareContext;
  readonly #clock: Clock;
  readonly #service: Service;
  readonly #requests: AuthRequests;
  readonly #fields: AuthFields;
  readonly #cookies: ReadonlySet<string> | undefined;

  constructor(model: ForwardAuthModel, context: MiddlewareContext) {
    this.maxAnswerBytes = model.maxAnswerBytes;
    this.signinUrl = model.signinUrl;
    this.address = model.address;
    this.#model = model;
    this.#context = context;
    this.#clock = context.clock;
    this.#service = context.service(model.service);
    this.#requests = new AuthRequests(model);
    this.#fields = new AuthFields(model);
    this.#cookies = model.cookies.length === 0 ? undefined : new Set(model.cookies);
  }

  handle(exchange: Exchange, next: Next, passing: Passing): void {
    const { forwardBody, maxBodyBytes } = this.#model;
    if (!forwardBody || exchange.bodyLength === 0) {
      this.ask(exchange, undefined, (answer, visit) => {
        passing.visit(visit);
        this.goOn(exchange, answer, next);
      });
    } else if (maxBodyBytes >= 0 && exchange.bodyLength > maxBodyBytes) {
      exchange.refuse('auth.body-too-large', `at most ${maxBodyBytes} bytes`);
    } else {
      new AskingWithBody(this, exchange, next, passing).start({ maxBytes: maxBodyBytes, memoryBytes });
    }
  }

  ask(
    exchange: Exchange,
    body: BodyStore | undefined,
    accepted: (answer: Headers, visit: Visit) => void,
  ): void {
    new AuthCall(exchange, this, body, accepted).start();
  }

  /** The server has let the request pass that `exchange` stands for. */
  goOn(exchange: Exchange, answer: Headers, next: Next): void {
    const user = userOf(answer, this.#model.userField);
    if (user !== '' && exchange.trace !== undefined) exchange.trace.clientUsername = user;
    this.#fields.copy(answer, exchange.request.headers);
    if (this.#cookies === undefined) next.go(exchange);
    else next.go(new CookieExchange(exchange, this.#cookies, cookiesOf(answer, this.#cookies)));
  }

  after(fn: () => void): () => void {
    return this.#clock.after(answerMs, fn);
  }

  send(exchange: Exchange): void {
    this.#context.send(exchange, this.#service);
  }

  requestFor(exchange: Exchange): RequestHead {
    return this.#requests.of(exchange);
  }

  passed(head: ResponseHead): ResponseHead | undefined {
    return passedAnswer(head, this.address, this.#model.preserveLocation);
  }
}

/** A request whose body the server gets as well: taken in first, asked about, then sent on. */
class AskingWithBody implements CollectorOwner, Visit {
  readonly #auth: ForwardAuth;
  readonly #exchange: Exchange;
  readonly #next: Next;
  readonly #passing: Passing;
  #store: BodyStore | undefined;

  constructor(auth: ForwardAuth, exchange: Exchange, next: Next, passing: Passing) {
    this.#auth = auth;
    this.#exchange = exchange;
    this.#next = next;
    this.#passing = passing;
  }

  start(limits: { readonly maxBytes: number; readonly memoryBytes: number }): void {
    new BodyCollector(this.#exchange, limits, this).start();
  }

  collected(store: BodyStore, trailers: Headers | undefined): void {
    this.#store = store;
    this.#passing.visit(this);
    this.#auth.ask(this.#exchange, store, (answer, visit) => {
      this.#passing.visit(visit);
      this.#auth.goOn(new StoredBodyExchange(this.#exchange, store, trailers), answer, this.#next);
    });
  }

  bodyTooLarge(): void {
    this.#exchange.refuse('auth.body-too-large', 'more than maxBodySize');
  }

  bodyLost(error: Error): void {
    this.#exchange.refuse('gateway.internal', `the body cannot be stored: ${error.message}`);
  }

  clientLeft(): void {
    // Nothing was asked yet.
  }

  /** The whole request is over, whatever became of it. */
  finished(): void {
    this.#store?.close();
  }
}
