/** One request on its way through a service to an endpoint and its response back: attempts, replay, hand-over. */
import type { ClientRequest, RequestFate, ResponseListener } from '../http/client-request.ts';
import { errorKind, GatewayError, type GatewayErrorCode } from '../http/errors.ts';
import type { Exchange, ExchangeListener, RawConnection } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import { tunnel } from '../http/tunnel.ts';
import type { MiddlewareStack } from '../middleware/middleware.ts';
import type { Endpoint } from '../service/endpoint.ts';
import type { DialListener } from '../service/multiplexed.ts';
import type { RetryBudget } from '../service/retry-budget.ts';
import type { Pick, Service } from '../service/service.ts';
import type { Leg } from '../service/weighted.ts';
import { nothingSent, takeRefusal } from './refusal.ts';
import { BodyReplay, isIdempotent } from './replay.ts';

/** Attempts in all, counting the first; a fresh connection in place of a dead idle one does not count. */
const maxAttempts = 3;
/** Connections that may turn a request away unread before that counts as a failure. */
const maxGoodbyes = 3;
export class Forward implements ExchangeListener, ResponseListener, DialListener, Pick {
  tried: Endpoint[] | undefined;
  leg: Leg | undefined;
  endpoint: Endpoint | undefined;
  attempts = 0;
  /** The head of the endpoint's response was passed on. */
  responded = false;

  readonly #exchange: Exchange;
  readonly #service: Service;
  readonly #stack: MiddlewareStack | undefined;
  readonly #budget: RetryBudget;
  #connection: ClientRequest | undefined;
  #cancelDial: (() => void) | undefined;
  #replay: BodyReplay | undefined;
  #bodyEnded = false;
  #trailers: Headers | undefined;
  /** Times a dead or departing connection was replaced without counting as an attempt. */
  #redials = 0;
  /** Undoes the client's own deadline, at which `deadlineExceeded` is called. */
  cancelDeadline: (() => void) | undefined;
  #done = false;

  constructor(exchange: Exchange, service: Service, stack: MiddlewareStack | undefined, budget: RetryBudget) {
    this.#exchange = exchange;
    this.#service = service;
    this.#stack = stack;
    this.#budget = budget;
    if (exchange.bodyLength !== 0) this.#replay = new BodyReplay();
  }

  start(): void {
    this.#exchange.listen(this);
    this.#budget.deposit();
    this.#attempt(undefined);
  }

  /** Picks an endpoint and sends; `failure` is why the attempt before this one failed. */
  #attempt(failure: GatewayError | undefined, picked?: Endpoint): void {
    if (picked === undefined) this.leg = undefined;
    const endpoint = picked ?? this.#service.pick(this);
    if (endpoint === undefined) {
      this.#refuse(failure ?? new GatewayError(this.#service.refusal));
      return;
    }
    this.attempts++;
    this.endpoint = endpoint;
    endpoint.owner.requests++;
    this.#connect(endpoint);
  }

  #connect(endpoint: Endpoint): void {
    if (this.#exchange.upgrade !== '') {
      this.#cancelDial = endpoint.pool.dialTunnel(this);
      return;
    }
    const connection = endpoint.pool.take(this.#replayable());
    if (connection !== undefined) this.#send(connection, endpoint);
    else this.#cancelDial = endpoint.pool.dial(this);
  }

  #send(connection: ClientRequest, endpoint: Endpoint): void {
    const exchange = this.#exchange;
    this.#connection = connection;
    connection.start(
      this,
      exchange.request,
      endpoint,
      exchange.bodyLength,
      exchange.upgrade,
      endpoint.pool.transport.model.responseHeaderTimeoutMs,
    );
    if (this.#replay !== undefined) {
      this.#replay.send(connection);
      if (this.#bodyEnded) connection.endRequest(this.#trailers);
      else exchange.readBody();
    }
    connection.flush();
  }

  dialed(connection: ClientRequest): void {
    this.#cancelDial = undefined;
    if (this.#done) connection.destroy();
    else this.#send(connection, this.endpoint as Endpoint);
  }

  dialFailed(code: GatewayErrorCode, detail: string): void {
    this.#cancelDial = undefined;
    if (this.#done) return;
    this.#failed(code, detail);
    // Nothing was sent: any method may go elsewhere, as long as its body is still whole here.
    this.#again(new GatewayError(code, detail), this.#replay === undefined || this.#replay.whole);
  }

  requestFailed(code: GatewayErrorCode, detail: string, fate: RequestFate): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#done) return;
    if (errorKind(code).side === 'client') {
      this.#refuse(new GatewayError(code, detail));
      return;
    }
    if (this.responded) {
      this.#failed(code, detail);
      this.#finish();
      if (this.#exchange.trace !== undefined) this.#exchange.trace.errorCode = code;
      this.#exchange.breakOff();
      return;
    }
    const unprocessed = fate === 'unprocessed' && (this.#replay === undefined || this.#replay.whole);
    const replayable = unprocessed || (fate !== 'answered' && this.#replayable());
    if (replayable && this.#isGoodbye(code, unprocessed, connection)) {
      this.#redials++;
      this.#connect(this.endpoint as Endpoint);
      return;
    }
    this.#failed(code, detail);
    this.#again(new GatewayError(code, detail), replayable);
  }

  /** The endpoint closed an idle connection just as we reused it, or said goodbye: its right, not its failure. */
  #isGoodbye(code: GatewayErrorCode, unprocessed: boolean, connection: ClientRequest | undefined): boolean {
    if (unprocessed) return this.#redials < maxGoodbyes;
    return (
      code === 'endpoint.closed' && this.#redials === 0 && connection !== undefined && connection.served > 0
    );
  }

  #again(failure: GatewayError, allowed: boolean): void {
    const endpoint = this.endpoint as Endpoint;
    if (!allowed || this.attempts >= maxAttempts || !this.#budget.withdraw()) {
      this.#refuse(failure);
      return;
    }
    endpoint.owner.retries++;
    if (this.tried === undefined) this.tried = [endpoint];
    else this.tried.push(endpoint);
    this.#attempt(failure);
  }

  /** Sent again, it would do no more than sent once, and all of it is still here. */
  #replayable(): boolean {
    const request = this.#exchange.request;
    return (
      (this.#replay === undefined || this.#replay.whole) && isIdempotent(request.method, request.headers)
    );
  }

  #failed(code: GatewayErrorCode, detail: string): void {
    const endpoint = this.endpoint as Endpoint;
    endpoint.owner.failures++;
    if (this.leg !== undefined) this.leg.failures++;
    endpoint.failed(code, detail);
  }

  /** Nothing more is expected of either side. */
  #finish(): void {
    this.#done = true;
    this.cancelDeadline?.();
  }

  /** Too late: nobody waits for the answer any more. */
  deadlineExceeded(): void {
    if (this.#done) return;
    this.#give();
    this.#exchange.refuse('request.deadline', '');
  }

  /** Lets go of the endpoint. */
  #give(): void {
    this.#finish();
    this.#cancelDial?.();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #refuse(failure: GatewayError): void {
    this.#finish();
    this.#exchange.refuse(failure.code, failure.detail);
  }

  bodyData(chunk: Buffer): boolean {
    const connection = this.#connection;
    this.#replay?.keep(chunk, connection === undefined);
    return connection?.write(chunk) ?? false;
  }

  bodyEnd(trailers: Headers | undefined): void {
    this.#bodyEnded = true;
    this.#trailers = trailers;
    this.#connection?.endRequest(trailers);
  }

  movable(endpoint: object): boolean {
    return this.endpoint === endpoint && this.#replayable();
  }

  turnEnd(): void {
    this.#connection?.flush();
  }

  requestDrained(): void {
    this.#exchange.readBody();
  }

  clientGone(): void {
    this.#give();
  }

  responseInform(head: ResponseHead): void {
    this.#exchange.inform(head);
  }

  responseHead(head: ResponseHead, length: number): void {
    const endpoint = this.endpoint as Endpoint;
    const refusal = takeRefusal(head);
    if (refusal !== undefined && endpoint.owner.uplink && this.#refusedAtOtherEnd(refusal)) return;
    // A gateway's refusal of a gRPC call says 200; what counts is what it means.
    const status = refusal === undefined ? head.status : errorKind(refusal).status;
    endpoint.answered(status);
    if (status >= 500) {
      endpoint.owner.failures++;
      if (this.leg !== undefined) this.leg.failures++;
    }
    this.responded = true;
    if (this.#stack !== undefined) this.#stack.response(head, this.#exchange.request);
    this.#exchange.respond(head, length);
  }

  /** The child's gateway refused: another leg may still serve what no endpoint saw, or what may be sent twice. */
  #refusedAtOtherEnd(code: GatewayErrorCode): boolean {
    const again = nothingSent(code) || (errorKind(code).side === 'endpoint' && this.#replayable());
    if (!again || this.#replay?.whole === false || this.attempts >= maxAttempts) return false;
    const endpoint = this.endpoint as Endpoint;
    const another: Pick = { tried: [...(this.tried ?? []), endpoint], leg: undefined };
    const picked = this.#service.pick(another);
    if (picked === undefined) return false;
    if (!this.#budget.withdraw()) {
      if (another.leg !== undefined) another.leg.requests--;
      return false;
    }
    endpoint.owner.failures++;
    endpoint.owner.retries++;
    if (this.leg !== undefined) this.leg.failures++;
    this.#connection?.destroy();
    this.#connection = undefined;
    this.tried = another.tried;
    this.leg = another.leg;
    this.#attempt(undefined, picked);
    return true;
  }

  responseData(chunk: Buffer): boolean {
    return this.#exchange.write(chunk);
  }

  responseEnd(trailers: Headers | undefined): void {
    if (this.#done) return;
    this.#finish();
    this.#connection = undefined;
    this.#exchange.end(trailers);
  }

  responseTurnEnd(): void {
    this.#exchange.flush();
  }

  responseDrained(): void {
    this.#connection?.resume();
  }

  responseSwitched(head: ResponseHead, raw: RawConnection): void {
    this.#finish();
    this.responded = true;
    this.#connection = undefined;
    const client = this.#exchange.switchProtocols(head);
    if (client === undefined) raw.destroy();
    else tunnel(client, raw);
  }
}
