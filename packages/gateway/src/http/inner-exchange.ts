/** An exchange of the gateway's own: a request that no client sent, and its response for whoever asked. */
import type { AccessRecord } from '../access-log/access-record.ts';
import { errorKind, type GatewayErrorCode } from './errors.ts';
import type {
  ConnectionFacts,
  Exchange,
  ExchangeListener,
  RawConnection,
  RefusalForm,
  ResponseHook,
} from './exchange.ts';
import type { Headers } from './headers.ts';
import type { RequestHead, ResponseHead } from './message.ts';
import { Pieces } from './pieces.ts';

/** Hears the answer. Nothing after `end` or `failed`. */
export interface AnswerReader {
  head(head: ResponseHead, length: number): void;
  /** Valid only until this returns. False: stop until `resume`. */
  data(chunk: Buffer): boolean;
  end(trailers: Headers | undefined): void;
  /** No answer, or no whole one. `status` is what a client would have been told. */
  failed(code: GatewayErrorCode, detail: string, status: number): void;
  /** An interim response. */
  inform?(head: ResponseHead): void;
  /** All that came in this turn was told. */
  turnEnd?(): void;
  /** No bytes of the body wait any more. */
  taken?(): void;
}

export class InnerExchange implements Exchange {
  readonly request: RequestHead;
  readonly facts: ConnectionFacts;
  readonly bodyLength: number;
  readonly upgrade: string = '';
  readonly trace: AccessRecord | undefined = undefined;
  hook: ResponseHook | undefined;
  /** Bytes of the body that wait for the endpoint. */
  waitingBytes = 0;
  readonly #reader: AnswerReader;
  #listener: ExchangeListener | undefined;
  readonly #waiting = new Pieces();
  #ended: boolean;
  #trailers: Headers | undefined;
  #told = false;
  #flowing = false;
  #pushing = false;
  /** Responded with; 0 before. */
  #status = 0;
  #done = false;

  /**
   * `bodyLength` as of Exchange: with 0 nothing follows, else `body` and `endBody` must. `request` is its own: the caller
   * does not change it afterwards. `facts`: those of the client on whose behalf it is sent.
   */
  constructor(request: RequestHead, facts: ConnectionFacts, bodyLength: number, reader: AnswerReader) {
    this.request = request;
    this.facts = facts;
    this.bodyLength = bodyLength;
    this.#ended = bodyLength === 0;
    this.#reader = reader;
  }

  /** It is over, in whatever way. */
  get done(): boolean {
    return this.#done;
  }

  /** More of the body; `chunk` is this exchange's to keep. */
  body(chunk: Buffer): void {
    if (this.#done || this.#ended) return;
    this.#waiting.add(chunk, true);
    this.waitingBytes += chunk.length;
    this.#push();
  }

  endBody(trailers?: Headers): void {
    if (this.#done || this.#ended) return;
    this.#trailers = trailers;
    this.#ended = true;
    this.#push();
  }

  /** The reader takes data again. */
  resume(): void {
    this.#listener?.responseDrained();
  }

  /** Nobody wants the answer any more; the reader hears nothing further. */
  cancel(): void {
    if (this.#done) return;
    this.finish(499);
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.clientGone('client.gone');
  }

  listen(listener: ExchangeListener): void {
    this.#listener = listener;
  }

  readBody(): void {
    this.#flowing = true;
    this.#push();
  }

  #push(): void {
    // Whoever takes a piece may ask for the next before it returns: in turns, however many there are.
    if (this.#pushing) return;
    this.#pushing = true;
    do {
      while (this.#flowing && !this.#waiting.empty && !this.#done) {
        const chunk = this.#waiting.shift() as Buffer;
        this.waitingBytes -= chunk.length;
        if (this.#listener?.bodyData(chunk) === false) this.#flowing = false;
      }
      if (this.#waiting.empty && this.#ended && this.#flowing && !this.#told && !this.#done) {
        this.#told = true;
        if (this.bodyLength !== 0) this.#listener?.bodyEnd(this.#trailers);
      }
      this.#listener?.turnEnd();
      if (this.#flowing && this.#waiting.empty && !this.#ended && !this.#done) this.#reader.taken?.();
    } while (this.#flowing && !this.#done && (!this.#waiting.empty || (this.#ended && !this.#told)));
    this.#pushing = false;
  }

  inform(head: ResponseHead): void {
    if (!this.#done && this.#status === 0) this.#reader.inform?.(head);
  }

  respond(head: ResponseHead, length: number): void {
    if (this.#done || this.#status !== 0) return;
    this.hook?.response(head);
    this.#status = head.status;
    this.#reader.head(head, length);
  }

  write(chunk: Buffer): boolean {
    return this.#done || this.#reader.data(chunk);
  }

  end(trailers: Headers | undefined): void {
    if (this.#done) return;
    this.finish(this.#status);
    this.#reader.end(trailers);
  }

  flush(): void {
    if (!this.#done) this.#reader.turnEnd?.();
  }

  breakOff(): void {
    this.#fail('endpoint.broke-off', '');
  }

  refuse(code: GatewayErrorCode, detail: string, _form?: RefusalForm): void {
    this.#fail(code, detail);
  }

  switchProtocols(_head: ResponseHead): RawConnection | undefined {
    return undefined;
  }

  #fail(code: GatewayErrorCode, detail: string): void {
    if (this.#done) return;
    const { status } = errorKind(code);
    this.finish(status);
    this.#reader.failed(code, detail, status);
  }

  /** It is over; `status` for those who visited. */
  protected finish(status: number): void {
    this.#done = true;
    this.#waiting.clear();
    this.waitingBytes = 0;
    this.hook?.finished(status);
  }
}
