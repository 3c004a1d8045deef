/** An exchange in front of another: passes everything through, for those to build on that change what passes. */
import type { AccessRecord } from '../access-log/access-record.ts';
import type { GatewayErrorCode } from './errors.ts';
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

/**
 * The exchange behind it is `outer`; what is in front of it (later middlewares, the forward) is the inner side. Subclasses
 * override what they change: `responded`, `responseData`, `responseEnded` for the answer, `bodyData`, `bodyEnd` and
 * `readBody` for the request's body.
 */
export class FilterExchange implements Exchange, ExchangeListener {
  readonly outer: Exchange;
  hook: ResponseHook | undefined;
  /** The inner side, once it listens. */
  protected inner: ExchangeListener | undefined;
  /** The inner side has responded. */
  protected headSent = false;

  constructor(outer: Exchange) {
    this.outer = outer;
  }

  get request(): RequestHead {
    return this.outer.request;
  }

  get facts(): ConnectionFacts {
    return this.outer.facts;
  }

  get bodyLength(): number {
    return this.outer.bodyLength;
  }

  get upgrade(): string {
    return this.outer.upgrade;
  }

  get trace(): AccessRecord | undefined {
    return this.outer.trace;
  }

  listen(listener: ExchangeListener): void {
    this.inner = listener;
    this.outer.listen(this);
  }

  readBody(): void {
    this.outer.readBody();
  }

  inform(head: ResponseHead): void {
    if (!this.headSent) this.outer.inform(head);
  }

  /** Runs the middlewares on this side; subclasses override `responded`. */
  respond(head: ResponseHead, length: number): void {
    if (this.headSent) return;
    this.headSent = true;
    this.hook?.response(head);
    this.responded(head, length);
  }

  write(chunk: Buffer): boolean {
    return this.responseData(chunk);
  }

  end(trailers: Headers | undefined): void {
    this.responseEnded(trailers);
  }

  flush(): void {
    this.outer.flush();
  }

  breakOff(): void {
    this.outer.breakOff();
  }

  refuse(code: GatewayErrorCode, detail: string, form?: RefusalForm): void {
    if (this.headSent) this.breakOff();
    else this.outer.refuse(code, detail, { ...form, through: form?.through ?? this });
  }

  switchProtocols(head: ResponseHead): RawConnection | undefined {
    this.headSent = true;
    this.hook?.response(head);
    return this.outer.switchProtocols(head);
  }

  /** The head of the answer, with the middlewares of the inner side applied. */
  protected responded(head: ResponseHead, length: number): void {
    this.outer.respond(head, length);
  }

  /** The chunk is valid only until this returns. False asks the inner side to stop until `responseDrained`. */
  protected responseData(chunk: Buffer): boolean {
    return this.outer.write(chunk);
  }

  protected responseEnded(trailers: Headers | undefined): void {
    this.outer.end(trailers);
  }

  bodyData(chunk: Buffer): boolean {
    return this.inner?.bodyData(chunk) ?? true;
  }

  bodyEnd(trailers: Headers | undefined): void {
    this.inner?.bodyEnd(trailers);
  }

  turnEnd(): void {
    this.inner?.turnEnd();
  }

  clientGone(code: GatewayErrorCode): void {
    this.inner?.clientGone(code);
  }

  responseDrained(): void {
    this.inner?.responseDrained();
  }
}
