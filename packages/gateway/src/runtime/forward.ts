/** One request on its way through a service to an endpoint and its response back: attempts, replay, hand-over. */
import type { ClientRequest, RequestFate } from '../http/client-request.ts';
import { errorKind, GatewayError, type GatewayErrorCode } from '../http/errors.ts';
import type { Exchange, ExchangeListener, RawConnection } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import { tunnel } from '../http/tunnel.ts';
import type { Endpoint } from '../service/endpoint.ts';
import type { DialListener } from '../service/multiplexed.ts';
import { Passing } from '../service/passing.ts';
import type { RetryPolicy } from '../service/retry-policy.ts';
import type { Picked, Service } from '../service/service.ts';
import { Attempts, type ForwardContext } from './attempts.ts';
import { limitCall } from './call-deadline.ts';
import { type PassingOwner, PassingRequest } from './passing-request.ts';
import { nothingSent, takeRefusal } from './refusal.ts';
import type { SentRequest } from './sent-body.ts';

export class Forward extends Attempts implements ExchangeListener, PassingOwner, DialListener {
  /** The head of the endpoint's response was passed on. */
  responded = false;

  readonly #exchange: Exchange;
  #connection: SentRequest | undefined;
  /** Undoes what is waited for: a connection, or the time of the next attempt. */
  #cancelWait: (() => void) | undefined;
  /** Undoes the client's own deadline. */
  #cancelDeadline: (() => void) | undefined;
  #done = false;

  constructor(exchange: Exchange, ...how: [service: Service, policy: RetryPolicy, context: ForwardContext]) {
    super(exchange, ...how);
    this.#exchange = exchange;
  }

  start(): void {
    this.#exchange.listen(this);
    this.#cancelDeadline = limitCall(this.clock, this.request, () => this.#deadlineExceeded());
    this.#attempt(undefined, this.choose(this.service));
  }

  /** Sends to what was picked; `failure` is why the attempt before this one failed. */
  #attempt(failure: GatewayError | undefined, picked: Picked | undefined): void {
    if (picked === undefined) {
      this.#refuse(failure ?? new GatewayError(this.service.refusal));
      return;
    }
    if (this.rescues !== undefined)
      for (const { maxBodyBytes } of this.rescues) this.body?.allow(maxBodyBytes);
    const mirroring = this.dueMirroring();
    if (picked instanceof Passing) {
      this.take(undefined);
      this.#pass(picked);
    } else {
      this.take(picked);
      this.#connect(picked);
    }
    // Not when its body was no good.
    if (mirroring !== undefined) this.copy(this.#done ? undefined : this.#exchange, mirroring);
  }

  #pass(passing: Passing): void {
    const request = new PassingRequest(this.#exchange, this);
    this.#connection = request;
    request.start(passing, this.context);
    if (this.#connection === request) this.body?.begin(request, this.#exchange);
  }

  #connect(endpoint: Endpoint): void {
    if (this.#exchange.upgrade !== '') {
      this.#cancelWait = endpoint.pool.dialTunnel(this, this.#exchange.facts);
      return;
    }
    const connection = endpoint.pool.take(this.replayable());
    if (connection !== undefined) this.#send(connection, endpoint);
    else this.#cancelWait = endpoint.pool.dial(this, this.#exchange.facts);
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
    this.body?.begin(connection, exchange);
    connection.flush();
  }

  dialed(connection: ClientRequest): void {
    this.#cancelWait = undefined;
    if (this.#done) connection.destroy();
    else this.#send(connection, this.endpoint as Endpoint);
  }

  dialFailed(code: GatewayErrorCode, detail: string): void {
    this.#cancelWait = undefined;
    if (this.#done) return;
    this.#failed(code, detail);
    // Nothing was sent: any method may go elsewhere, as long as its body is still whole here.
    this.#again(new GatewayError(code, detail), this.whole);
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
    const unprocessed = fate === 'unprocessed' && this.whole;
    const replayable = unprocessed || (fate !== 'answered' && this.replayable());
    if (replayable && this.goodbye(code, unprocessed, connection?.served ?? 0)) {
      this.#connect(this.endpoint as Endpoint);
      return;
    }
    this.#failed(code, detail);
    this.#again(new GatewayError(code, detail), replayable);
  }

  #again(failure: GatewayError, allowed: boolean): void {
    const picked = allowed && this.policy.networkErrors && this.mayRetry ? this.another() : undefined;
    if (picked === undefined) this.#refuse(failure);
    else this.#later(failure, picked);
  }

  /** Leaves the answer that has come for one from elsewhere; false when there is nobody else to ask. */
  #leave(code: GatewayErrorCode, status: number): boolean {
    const picked = this.mayRetry ? this.insteadOf(status) : undefined;
    if (picked === undefined) return false;
    this.#drop();
    this.#later(new GatewayError(code), picked);
    return true;
  }

  #later(failure: GatewayError, picked: Picked): void {
    const ms = this.delayMs;
    if (ms === 0) {
      this.#attempt(failure, picked);
      return;
    }
    this.#cancelWait = this.clock.after(ms, () => {
      this.#cancelWait = undefined;
      this.#attempt(failure, picked);
    });
  }

  #failed(code: GatewayErrorCode, detail: string): void {
    this.attemptFailed(errorKind(code).status);
    this.release();
    this.endpoint?.failed(code, detail);
  }

  /** Nothing more is expected of either side. */
  #finish(): void {
    this.#done = true;
    this.release();
    this.#cancelDeadline?.();
    // Who copies it gets no more of its body.
    this.body?.abandon('request-ended');
  }

  /** Too late: nobody waits for the answer any more. */
  #deadlineExceeded(): void {
    if (this.#done) return;
    this.#give();
    this.#exchange.refuse('request.deadline', '');
  }

  /** Lets go of the endpoint. */
  #give(): void {
    this.#finish();
    this.#cancelWait?.();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #refuse(failure: GatewayError): void {
    if (this.#rescued(errorKind(failure.code).status)) return;
    this.#finish();
    this.#exchange.refuse(failure.code, failure.detail);
  }

  bodyData(chunk: Buffer): boolean {
    return this.body?.data(chunk, this.#connection) ?? true;
  }

  bodyEnd(trailers: Headers | undefined): void {
    this.body?.end(trailers, this.#connection);
  }

  movable(endpoint: object): boolean {
    return this.endpoint === endpoint && this.replayable();
  }

  turnEnd(): void {
    this.#connection?.flush();
  }

  requestDrained(): void {
    this.#exchange.readBody();
  }

  clientGone(): void {
    this.body?.abandon('client-gone');
    this.#give();
  }

  responseInform(head: ResponseHead): void {
    this.#exchange.inform(head);
  }

  responseHead(head: ResponseHead, length: number): void {
    const { endpoint } = this;
    const refusal = takeRefusal(head, endpoint === undefined && this.#exchange.facts.peerUri !== '');
    if (refusal !== undefined && endpoint?.owner.uplink === true && this.#refusedAtOtherEnd(refusal)) return;
    // A gateway's refusal of a gRPC call says 200; what counts is what it means.
    const status = refusal === undefined ? head.status : errorKind(refusal).status;
    if (this.unwanted(status) && this.#leave('endpoint.broke-off', status)) {
      endpoint?.answered(status);
      return;
    }
    this.attemptAnswered(status);
    if (this.#rescued(status)) return;
    this.responded = true;
    this.stick(head);
    this.#exchange.respond(head, length);
  }

  /** The child's gateway refused: another leg may still serve what no endpoint saw, or what may be sent twice. */
  #refusedAtOtherEnd(code: GatewayErrorCode): boolean {
    const again = nothingSent(code) || (errorKind(code).side === 'endpoint' && this.replayable());
    return again && this.whole && this.#leave(code, errorKind(code).status);
  }

  /** Another service answers in place of one that has answered so, or not at all. */
  #rescued(status: number): boolean {
    if (this.rescues === undefined) return false;
    const rescue = this.rescueFrom(status, ({ nonIdempotent }) => this.replayable(nonIdempotent));
    if (rescue === undefined) return false;
    this.#drop();
    this.service = rescue.fallback;
    this.#attempt(undefined, this.choose(rescue.fallback));
    return true;
  }

  /** Wants no more of the endpoint that has answered. */
  #drop(): void {
    this.release();
    this.#connection?.destroy();
    this.#connection = undefined;
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
    const client = this.switchedBehind(head);
    if (client === undefined) raw.destroy();
    else tunnel(client, raw);
  }

  switchedBehind(head: ResponseHead): RawConnection | undefined {
    this.attemptAnswered(101);
    this.#finish();
    this.responded = true;
    this.#connection = undefined;
    this.stick(head);
    return this.#exchange.switchProtocols(head);
  }
}
