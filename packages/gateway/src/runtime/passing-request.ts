/** A request at a service with middlewares of its own: through them and on by the service behind, as if to an endpoint. */
import type { AccessRecord } from '../access-log/access-record.ts';
import type { ResponseListener } from '../http/client-request.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Exchange, RawConnection, RefusalForm } from '../http/exchange.ts';
import { grpcRefusal, isGrpc } from '../http/grpc.ts';
import type { Headers } from '../http/headers.ts';
import { type AnswerReader, InnerExchange } from '../http/inner-exchange.ts';
import type { ResponseHead } from '../http/message.ts';
import { answerProblem } from '../http/respond.ts';
import { type Destination, Passage, retryOf } from '../middleware/passage.ts';
import type { Passing } from '../service/passing.ts';
import { defaultRetryPolicy } from '../service/retry-policy.ts';
import type { Service } from '../service/service.ts';
import type { ForwardContext } from './attempts.ts';
import type { SentRequest } from './sent-body.ts';

/** Body bytes that wait for the endpoint behind before the client is asked to stop. */
const waitingLimit = 65_536;

/** Who asks. */
export interface PassingOwner extends ResponseListener {
  /** The endpoint behind has switched protocols: hands the client's connection over. */
  switchedBehind(head: ResponseHead): RawConnection | undefined;
}

export class PassingRequest implements SentRequest, AnswerReader {
  /** It has no connection of its own. */
  readonly served = 0;
  readonly #owner: PassingOwner;
  readonly #exchange: PassingExchange;

  /** The request is a copy: whatever becomes of it there, it is still here for a fallback. */
  constructor(source: Exchange, owner: PassingOwner) {
    this.#owner = owner;
    this.#exchange = new PassingExchange(source, owner, this);
  }

  start(passing: Passing, context: ForwardContext): void {
    new Passage(passing.steps, this.#exchange, new Behind(passing, context)).run();
  }

  write(chunk: Buffer): boolean {
    this.#exchange.body(Buffer.from(chunk));
    return this.#exchange.waitingBytes < waitingLimit;
  }

  endRequest(trailers: Headers | undefined): void {
    this.#exchange.endBody(trailers);
  }

  flush(): void {
    // Nothing is held back here.
  }

  resume(): void {
    this.#exchange.resume();
  }

  destroy(): void {
    this.#exchange.cancel();
  }

  taken(): void {
    this.#owner.requestDrained();
  }

  inform(head: ResponseHead): void {
    this.#owner.responseInform(head);
  }

  head(head: ResponseHead, length: number): void {
    this.#owner.responseHead(head, length);
  }

  data(chunk: Buffer): boolean {
    return this.#owner.responseData(chunk);
  }

  turnEnd(): void {
    this.#owner.responseTurnEnd();
  }

  end(trailers: Headers | undefined): void {
    this.#owner.responseEnd(trailers);
  }

  failed(code: GatewayErrorCode, detail: string): void {
    this.#owner.requestFailed(code, detail, 'answered');
  }
}

/** Answers refusals itself: what is in front may take another service's answer instead. */
class PassingExchange extends InnerExchange {
  override readonly upgrade: string;
  override readonly trace: AccessRecord | undefined;
  readonly #owner: PassingOwner;

  constructor(source: Exchange, owner: PassingOwner, reader: AnswerReader) {
    const { request } = source;
    super({ ...request, headers: [...request.headers] }, source.facts, source.bodyLength, reader);
    this.#owner = owner;
    this.upgrade = source.upgrade;
    this.trace = source.trace;
  }

  override refuse(code: GatewayErrorCode, detail: string, form?: RefusalForm): void {
    if (this.done) return;
    if (this.trace !== undefined) this.trace.errorCode = code;
    const through = form?.through ?? this;
    if (!isGrpc(this.request.headers)) {
      answerProblem(through, code, detail, form);
      return;
    }
    // The code is for what is in front of this service.
    through.respond(grpcRefusal(code, true), 0);
    through.end(undefined);
  }

  override switchProtocols(head: ResponseHead): RawConnection | undefined {
    if (this.done) return undefined;
    this.hook?.response(head);
    const client = this.#owner.switchedBehind(head);
    this.finish(101);
    return client;
  }
}

class Behind implements Destination {
  readonly #passing: Passing;
  readonly #context: ForwardContext;

  constructor(passing: Passing, context: ForwardContext) {
    this.#passing = passing;
    this.#context = context;
  }

  serve(exchange: Exchange): void {
    this.serveBy(exchange, this.#passing.inner);
  }

  serveBy(exchange: Exchange, service: Service): void {
    this.#context.forward(exchange, service, retryOf(this.#passing.steps) ?? defaultRetryPolicy);
  }
}
