/** The server side of one HTTP/1.1 connection: reads requests one after the other, writes their responses in order. */
import type { Socket } from 'node:net';
import { errorKind, type GatewayErrorCode } from '../http/errors.ts';
import {
  type ConnectionFacts,
  type Exchange,
  type ExchangeListener,
  type RawConnection,
  UNKNOWN_LENGTH,
} from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import { problemBody, problemHead } from '../http/respond.ts';
import { passableTrailers } from '../http/trailers.ts';
import type { Timed } from '../net/deadlines.ts';
import { BodyDecoder, type DecodedBody } from './body-decoder.ts';
import { Output } from './output.ts';
import { type HeadFailure, RequestReader } from './request-reader.ts';
import { chunkedEnd, chunkHead, responseHeadText } from './response-head.ts';
import type { ServerSettings } from './server-settings.ts';

const never = Number.POSITIVE_INFINITY;
const crlf = Buffer.from('\r\n');
/** What a client may send ahead of its turn before its socket is paused. */
const aheadLimit = 65536;
/** After a refusal: how long, and for how many bytes, we read on so that the client gets to see the answer. */
const lingerMs = 2000;
const lingerBytes = 1024 * 1024;

type State = 'head' | 'exchange' | 'tunnel' | 'lingering' | 'closed';

export class ServerConnection implements Exchange, DecodedBody, Timed {
  deadline = never;
  request!: RequestHead;
  readonly facts: ConnectionFacts;
  bodyLength = 0;
  upgrade = '';
  streams = true;
  /** Status sent for the exchange in progress, 0 before. */
  status = 0;

  readonly #socket: Socket;
  readonly #settings: ServerSettings;
  readonly #output: Output;
  readonly #reader: RequestReader;
  #state: State = 'head';
  #listener: ExchangeListener | undefined;
  #body: BodyDecoder | undefined;
  #bodyBytes = 0;
  #flowing = false;
  #paused = false;
  #advancing = false;
  #keepAlive = true;
  #chunked = false;
  #silent = false;
  #ended = false;
  #lingered = 0;

  constructor(socket: Socket, facts: ConnectionFacts, settings: ServerSettings) {
    this.#socket = socket;
    this.facts = facts;
    this.#settings = settings;
    this.#output = new Output(socket);
    this.#reader = new RequestReader(settings.limits);
    this.#wait(settings.limits.headTimeoutMs);
    settings.deadlines.add(this);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#left());
    socket.on('error', () => this.#left());
    socket.on('close', () => this.#closed());
    socket.on('drain', () => this.#drained());
  }

  /** Between requests: may be closed without cutting anything. */
  get idle(): boolean {
    return this.#state === 'head' && !this.#reader.started;
  }

  get busy(): boolean {
    return this.#state === 'exchange' || this.#state === 'tunnel';
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    if (this.#state === 'lingering') {
      this.#lingered += chunk.length;
      if (this.#lingered > lingerBytes) this.#socket.destroy();
      return;
    }
    if (this.#state === 'closed' || this.#state === 'tunnel') return;
    this.#reader.push(chunk);
    this.#advance();
  }

  /** Takes whatever the buffer has, as far as the exchange in progress lets it. Never re-enters itself. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#reader.pending) {
      if (this.#state === 'head') {
        if (!this.#readHead()) break;
      } else if (this.#state === 'exchange' && this.#body !== undefined && this.#flowing)
        this.#feedBody(this.#body);
      else break;
    }
    this.#advancing = false;
    if (this.#state === 'exchange' && this.#reader.size > aheadLimit) this.#pause();
  }

  #readHead(): boolean {
    const result = this.#reader.readHead(this.facts);
    if (result === undefined) {
      if (this.#reader.started && this.deadline !== this.#headDeadline) this.#startHeadClock();
      return false;
    }
    if ('code' in result) {
      this.#refuseHead(result);
      return false;
    }
    this.request = result.request;
    this.upgrade = result.upgrade;
    this.bodyLength = result.bodyLength < 0 ? UNKNOWN_LENGTH : result.bodyLength;
    this.#keepAlive = result.keepAlive && !this.#settings.draining;
    this.streams = result.streams;
    this.#state = 'exchange';
    this.status = 0;
    this.#ended = false;
    this.#chunked = false;
    this.#silent = result.request.method === 'HEAD';
    this.#flowing = false;
    this.#bodyBytes = 0;
    this.#body = result.bodyLength === 0 ? undefined : new BodyDecoder(result.bodyLength, this);
    this.deadline = never;
    const limits = this.#settings.limits;
    if (limits.readTimeoutMs > 0 && this.#body !== undefined) this.#wait(limits.readTimeoutMs);
    this.#settings.started(this);
    if (limits.maxRequestBodyBytes > 0 && this.bodyLength > limits.maxRequestBodyBytes) {
      this.refuse('request.body-too-large', `at most ${limits.maxRequestBodyBytes} bytes`);
      return true;
    }
    this.#settings.handle(this);
    return true;
  }

  #headDeadline = never;

  #startHeadClock(): void {
    this.#wait(this.#settings.limits.headTimeoutMs);
    this.#headDeadline = this.deadline;
  }

  #refuseHead(failure: HeadFailure): void {
    // There is no request to speak of, but the answer goes the same way as any other.
    this.request = {
      method: '',
      path: '',
      query: undefined,
      authority: '',
      host: '',
      headers: [],
      clientAddress: this.facts.peerAddress,
      secure: this.facts.secure,
    };
    this.#state = 'exchange';
    this.#keepAlive = false;
    this.#body = undefined;
    this.#ended = false;
    this.status = 0;
    this.#silent = false;
    this.streams = true;
    this.#settings.started(this);
    this.refuse(failure.code, failure.detail);
  }

  #feedBody(body: BodyDecoder): void {
    if (!this.#reader.feed(body)) {
      this.#fail('request.malformed', 'the chunked body is malformed');
      return;
    }
    if (this.#body !== undefined && !this.#paused && this.#settings.limits.readTimeoutMs === 0) {
      this.#wait(this.#settings.limits.bodyStallTimeoutMs);
    }
    this.#listener?.turnEnd();
  }

  bodyPiece(chunk: Buffer): void {
    this.#bodyBytes += chunk.length;
    const most = this.#settings.limits.maxRequestBodyBytes;
    if (most > 0 && this.#bodyBytes > most) {
      this.#fail('request.body-too-large', `at most ${most} bytes`);
      return;
    }
    if (this.#listener !== undefined && !this.#listener.bodyData(chunk)) {
      this.#flowing = false;
      this.#pause();
    }
  }

  bodyWhole(trailers: Headers | undefined): void {
    this.#body = undefined;
    this.deadline = never;
    this.#listener?.bodyEnd(passableTrailers(trailers));
    if (this.#ended) this.#finish();
  }

  listen(listener: ExchangeListener): void {
    this.#listener = listener;
  }

  readBody(): void {
    if (this.#body === undefined || this.#flowing) return;
    this.#flowing = true;
    if (this.#settings.limits.readTimeoutMs === 0) this.#wait(this.#settings.limits.bodyStallTimeoutMs);
    this.#resume();
    if (this.#reader.pending) this.#advance();
  }

  resumeBody(): void {
    this.readBody();
  }

  inform(head: ResponseHead): void {
    if (this.#state !== 'exchange' || this.status !== 0 || !this.streams) return;
    this.#output.text(responseHeadText(head, -3, false, ''));
    this.#output.flush();
  }

  respond(head: ResponseHead, length: number): void {
    if (this.#state !== 'exchange' || this.status !== 0) return;
    this.status = head.status;
    // Unread body bytes would be taken for the next request.
    if (this.#body !== undefined || this.#settings.draining) this.#keepAlive = false;
    const bodiless = this.#silent || head.status === 204 || head.status === 304;
    let framing = length;
    if (bodiless) framing = -3;
    else if (length === UNKNOWN_LENGTH) {
      this.#chunked = this.streams;
      if (!this.streams) {
        framing = -3;
        this.#keepAlive = false;
      }
    }
    const connection = this.#keepAlive ? (this.streams ? '' : 'keep-alive') : 'close';
    this.#output.text(responseHeadText(head, framing, bodiless && head.status !== 204, connection));
    if (this.#settings.limits.writeTimeoutMs > 0) this.#wait(this.#settings.limits.writeTimeoutMs);
  }

  write(chunk: Buffer): boolean {
    if (this.#state !== 'exchange' || this.#silent) return true;
    if (!this.#chunked) return this.#output.bytes(chunk);
    this.#output.text(chunkHead(chunk.length));
    const open = this.#output.bytes(chunk);
    if (chunk.length > 8192) this.#output.bytes(crlf);
    else this.#output.text('\r\n');
    return open;
  }

  end(trailers: Headers | undefined): void {
    if (this.#state !== 'exchange' || this.#ended) return;
    if (this.#chunked) this.#output.text(chunkedEnd(passableTrailers(trailers)));
    this.#output.flush();
    this.#ended = true;
    this.#listener = undefined;
    this.#settings.finished(this);
    this.#finish();
  }

  flush(): void {
    if (!this.#output.flush() && this.deadline === never)
      this.#wait(this.#settings.limits.bodyStallTimeoutMs);
  }

  breakOff(): void {
    if (this.#state !== 'exchange') return;
    this.#abandon();
    // A reset, where TCP allows it: after a plain FIN a close-delimited body would look whole.
    if (this.facts.secure) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  refuse(code: GatewayErrorCode, detail: string): void {
    if (this.#state !== 'exchange') return;
    this.#settings.refused(code, detail, this);
    if (this.status !== 0) {
      this.breakOff();
      return;
    }
    if (errorKind(code).side === 'client') this.#keepAlive = false;
    const body = problemBody(code, detail);
    this.respond(problemHead(code), body.length);
    this.write(body);
    this.end(undefined);
  }

  switchProtocols(head: ResponseHead): RawConnection | undefined {
    if (this.#state !== 'exchange' || this.#socket.destroyed) return undefined;
    this.status = 101;
    this.#output.text(responseHeadText(head, -3, false, `Upgrade\r\nupgrade: ${this.upgrade}`));
    this.#output.flush();
    this.#state = 'tunnel';
    this.deadline = never;
    this.#listener = undefined;
    this.#socket.removeAllListeners('data');
    this.#settings.finished(this);
    const socket = this.#socket;
    return { socket, head: this.#reader.take(), onData: (listener) => void socket.on('data', listener) };
  }

  /** The client is at fault in the middle of a request: stop the exchange, answer if there is still a chance. */
  #fail(code: GatewayErrorCode, detail: string): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#flowing = false;
    listener?.clientGone(code);
    this.refuse(code, detail);
  }

  #finish(): void {
    if (this.#state !== 'exchange') return;
    if (this.#keepAlive && this.#body === undefined) {
      this.#state = 'head';
      this.#headDeadline = never;
      this.#wait(this.#settings.limits.idleTimeoutMs);
      this.#resume();
      if (this.#reader.pending) this.#advance();
      return;
    }
    this.#state = 'lingering';
    this.#body = undefined;
    this.#socket.end();
    this.#resume();
    this.#wait(lingerMs);
  }

  #abandon(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    if (!this.#ended) {
      this.#ended = true;
      this.#settings.finished(this);
    }
    this.#state = 'closed';
    listener?.clientGone('client.gone');
  }

  #left(): void {
    if (this.#state === 'tunnel') return;
    if (this.#state === 'exchange') this.#abandon();
    if (this.#state !== 'lingering') this.#socket.destroy();
  }

  #closed(): void {
    if (this.#state === 'exchange') this.#abandon();
    this.#state = 'closed';
    this.#settings.deadlines.delete(this);
    this.#settings.closed(this);
  }

  #drained(): void {
    if (this.#state !== 'exchange') return;
    if (this.#settings.limits.writeTimeoutMs === 0) this.deadline = never;
    this.#listener?.responseDrained();
  }

  expired(): void {
    if (this.#state === 'head' && this.#reader.started)
      this.#refuseHead({ code: 'request.head-timeout', detail: '' });
    else if (this.#state === 'exchange' && this.status === 0 && this.#body !== undefined)
      this.#fail('request.body-timeout', '');
    else if (this.#state === 'exchange') this.breakOff();
    else this.#socket.destroy();
  }

  #wait(ms: number): void {
    this.deadline = ms > 0 ? this.#settings.deadlines.now + ms : never;
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    // Waiting for us is not the client's stall.
    if (this.#settings.limits.readTimeoutMs === 0) this.deadline = never;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }
}
