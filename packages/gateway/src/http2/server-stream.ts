/** One request of an HTTP/2 client and its response: the exchange that the request path sees. */
import type { AccessRecord } from '../access-log/access-record.ts';
import { errorKind, type GatewayErrorCode } from '../http/errors.ts';
import {
  type ConnectionFacts,
  type ExchangeListener,
  type RawConnection,
  type RefusalForm,
  type ResponseHook,
  UNKNOWN_LENGTH,
} from '../http/exchange.ts';
import { grpcRefusal, grpcTrailers, isGrpc } from '../http/grpc.ts';
import type { Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import { answerProblem } from '../http/respond.ts';
import type { ServedExchange } from '../http/server-settings.ts';
import { passableTrailers } from '../http/trailers.ts';
import { errorCodes } from './frames.ts';
import { RawStream } from './raw-stream.ts';
import type { StreamRequest } from './request-fields.ts';
import { sendResponseHead } from './response-fields.ts';
import type { Http2ServerConnection } from './server-connection.ts';
import { Http2Stream } from './stream.ts';

const never = Number.POSITIVE_INFINITY;
/** A client that goes on sending after its answer is read for this long and this much. */
const lingerMs = 1000;
const lingerBytes = 65536;

export class ServerStream extends Http2Stream implements ServedExchange {
  readonly request: RequestHead;
  readonly facts: ConnectionFacts;
  readonly bodyLength: number;
  readonly upgrade: string;
  status = 0;
  meant: number | undefined;
  trace: AccessRecord | undefined;
  hook: ResponseHook | undefined;
  readonly #server: Http2ServerConnection;
  #listener: ExchangeListener | undefined;
  #raw: RawStream | undefined;
  #finished = false;
  /** Until when what a client goes on sending, after its answer, is thrown away; and how much of it. */
  #lingerUntil = never;
  #lingered = 0;
  /** Handled only once its end has come. */
  #awaitsEnd = false;
  #bodiless = false;
  #bodyBytes = 0;
  /** Monotonic times: the next piece of the body, the whole request, the whole response. */
  #pieceBy = never;
  #requestBy: number;
  #responseBy = never;

  constructor(server: Http2ServerConnection, id: number, read: StreamRequest) {
    super(server, false);
    this.id = id;
    this.#server = server;
    this.facts = server.facts;
    this.request = read.request;
    this.bodyLength = read.bodyLength;
    this.upgrade = read.upgrade;
    this.declared = read.declared;
    const whole = server.settings.limits.readTimeoutMs;
    this.#requestBy = whole > 0 && read.bodyLength !== 0 ? server.deadlines.now + whole : never;
  }

  /** `content-length: 0` without the end of the stream: what it is shows only when that comes. */
  holdForEnd(): void {
    this.#awaitsEnd = true;
    this.#awaitPiece();
  }

  listen(listener: ExchangeListener): void {
    this.#listener = listener;
  }

  readBody(): void {
    this.#awaitPiece();
    this.resumeReceiving();
  }

  inform(head: ResponseHead): void {
    if (!this.closed && this.status === 0) sendResponseHead(this, head, UNKNOWN_LENGTH, true);
  }

  respond(head: ResponseHead, length: number): void {
    if (this.#finished || this.status !== 0) return;
    if (this.hook !== undefined) this.hook.response(head);
    this.status = head.status;
    this.#bodiless = this.request.method === 'HEAD' || head.status === 204 || head.status === 304;
    const whole = this.#server.settings.limits.writeTimeoutMs;
    if (whole > 0) this.#responseBy = this.#server.deadlines.now + whole;
    this.#pieceBy = never;
    if (!sendResponseHead(this, head, length, this.#bodiless)) this.breakOff();
  }

  write(chunk: Buffer): boolean {
    if (this.#finished) return true;
    if (this.trace !== undefined) this.trace.bytes += chunk.length;
    return this.#bodiless || this.sendData(chunk);
  }

  end(trailers: Headers | undefined): void {
    if (this.#finished) return;
    this.#finish();
    this.sendEnd(trailers === undefined ? undefined : passableTrailers(trailers));
  }

  flush(): void {
    // What was written leaves when the turn ends, with everything else on this connection.
  }

  breakOff(): void {
    if (this.#finished) return;
    this.#finish();
    // A gRPC client is told in its own words; what it has got so far it can't take for whole.
    if (this.status !== 0 && isGrpc(this.request.headers)) this.sendEnd(grpcTrailers('endpoint.broke-off'));
    else this.reset(errorCodes.internalError);
  }

  refuse(code: GatewayErrorCode, detail: string, form?: RefusalForm): void {
    if (this.#finished) return;
    this.#server.settings.refused(code, detail, this);
    this.#answerRefusal(code, detail, form);
    // A peer that may not be here goes, as over HTTP/1.1; it may come back when it may.
    if (code === 'uplink.forbidden') this.#server.close();
  }

  #answerRefusal(code: GatewayErrorCode, detail: string, form?: RefusalForm): void {
    const grpc = isGrpc(this.request.headers);
    if (this.status !== 0) {
      if (!grpc) {
        this.breakOff();
        return;
      }
      this.#finish();
      this.sendEnd(grpcTrailers(code));
      return;
    }
    if (!grpc) {
      answerProblem(form?.through ?? this, code, detail, form);
      return;
    }
    this.meant = form?.status ?? errorKind(code).status;
    const to = form?.through ?? this;
    to.respond(grpcRefusal(code, this.facts.peerUri !== ''), 0);
    to.end(undefined);
  }

  switchProtocols(head: ResponseHead): RawConnection | undefined {
    if (this.closed || this.#finished) return undefined;
    if (this.hook !== undefined) this.hook.response(head);
    // What it is inside, and to the access log; the stream says 200.
    this.status = 101;
    sendResponseHead(this, { status: 200, reason: '', headers: head.headers }, UNKNOWN_LENGTH, false);
    this.#raw = new RawStream(this);
    if (this.remoteEnded && !this.holds) this.#raw.ended();
    this.#finish();
    return this.#raw;
  }

  /**
   * The answer is out before the request is whole. A reset on its heels would cost some clients the answer (RFC 9113 §8.1
   * asks them to keep it; curl 7 does not), so the rest is read for a moment.
   */
  linger(): void {
    if (this.#lingerUntil !== never) return;
    this.#lingerUntil = this.#server.deadlines.now + lingerMs;
    this.resumeReceiving();
  }

  /** It has become a tunnel. */
  get tunnels(): boolean {
    return this.#raw !== undefined;
  }

  /** A request's rest is of no use once it was answered; a tunnel's is. */
  override get outlives(): boolean {
    return this.tunnels;
  }

  protected deliver(piece: Buffer): boolean {
    if (this.#raw !== undefined) return this.#raw.data(piece);
    const listener = this.#listener;
    if (listener === undefined) {
      this.#lingered += piece.length;
      if (!this.localEnded || this.#lingered <= lingerBytes) return true;
      // Not at once: a Node client that reads a reset together with the answer's end never closes its stream.
      this.#lingerUntil = this.#server.deadlines.now;
      return false;
    }
    this.#bodyBytes += piece.length;
    const most = this.#server.settings.limits.maxRequestBodyBytes;
    if (most > 0 && this.#bodyBytes > most) {
      this.#bodyFailed('request.body-too-large', `at most ${most} bytes`);
      return true;
    }
    this.connection.turn.touch(this);
    const more = listener.bodyData(piece);
    if (more) this.#awaitPiece();
    else this.#pieceBy = never;
    return more;
  }

  protected deliverEnd(trailers: Headers | undefined): void {
    this.#pieceBy = never;
    this.#requestBy = never;
    if (this.#lingerUntil !== never) this.connection.window.nudge();
    else if (this.#awaitsEnd) this.#server.settings.handle(this);
    else if (this.#raw !== undefined) this.#raw.ended();
    else if (this.#listener !== undefined) {
      this.connection.turn.touch(this);
      this.#listener.bodyEnd(trailers === undefined ? undefined : passableTrailers(trailers));
    }
  }

  protected drained(): void {
    if (this.#raw !== undefined) this.#raw.drained();
    else this.#listener?.responseDrained();
  }

  turnEnd(): void {
    this.#listener?.turnEnd();
  }

  aborted(): void {
    this.#abandon('client.gone');
  }

  violated(detail: string): void {
    if (!this.#finished) this.#server.settings.refused('request.malformed', detail, this);
    this.#abandon('request.malformed');
  }

  stalled(): void {
    this.#abandon('client.stalled');
  }

  tick(now: number): void {
    if (now >= this.#lingerUntil) this.reset(errorCodes.noError);
    else if (now >= this.#responseBy) {
      // All of it may be written and still wait for the client.
      if (this.#finished) this.reset(errorCodes.cancel);
      else this.breakOff();
    } else if (this.#finished) return;
    else if (now >= this.#pieceBy || now >= this.#requestBy) this.#bodyFailed('request.body-timeout', '');
  }

  /** Ends it without a word, because its connection is cut; `code` is for the access log. */
  cut(code: GatewayErrorCode): void {
    if (this.trace !== undefined) this.trace.errorCode = code;
  }

  /** Only while nothing was answered, and never for gRPC: a call may be silent for as long as it likes. */
  #awaitPiece(): void {
    const ms = this.#server.settings.limits.bodyStallTimeoutMs;
    if (ms === 0 || this.status !== 0 || this.remoteEnded || isGrpc(this.request.headers)) return;
    this.#pieceBy = this.#server.deadlines.now + ms;
  }

  #bodyFailed(code: GatewayErrorCode, detail: string): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.clientGone(code);
    this.refuse(code, detail);
  }

  #abandon(code: GatewayErrorCode): void {
    this.#raw?.gone();
    const listener = this.#listener;
    if (this.trace !== undefined && !this.#finished) this.trace.errorCode ||= code;
    this.#finish();
    listener?.clientGone(code);
  }

  /** The response is out or never will be. */
  #finish(): void {
    this.#listener = undefined;
    this.#pieceBy = never;
    this.#requestBy = never;
    if (this.#finished) return;
    this.#finished = true;
    this.#awaitsEnd = false;
    this.#server.settings.finished(this);
  }
}
