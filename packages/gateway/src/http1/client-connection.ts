/** The client side of one HTTP/1.1 connection to an endpoint: one request at a time, its response pushed to a listener. */
import type { Socket } from 'node:net';
import type { ClientRequest, Destination, RequestFate, ResponseListener } from '../http/client-request.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import { UNKNOWN_LENGTH } from '../http/exchange.ts';
import { getHeader, type Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import { passableTrailers } from '../http/trailers.ts';
import { acceptFor } from '../http/websocket.ts';
import type { Timed } from '../net/deadlines.ts';
import type { Reads } from '../net/reads.ts';
import { BodyDecoder, type DecodedBody } from './body-decoder.ts';
import { BodyWriter } from './body-writer.ts';
import type { ConnectionOwner } from './client-roles.ts';
import { UNTIL_CLOSE } from './framing.ts';
import { keepAliveHint, keepsAlive } from './keep-alive.ts';
import { Output } from './output.ts';
import { connectionHas, type ParsedHead } from './parse-head.ts';
import { RawSocket } from './raw-socket.ts';
import { requestHeadText } from './request-head.ts';
import { ResponseReader } from './response-reader.ts';

const never = Number.POSITIVE_INFINITY;
/** Interim responses to one request; more is an endpoint gone mad. */
const maxInterim = 16;

export class ClientConnection implements ClientRequest, DecodedBody, Timed {
  deadline = never;
  /** Requests this connection has finished. */
  served = 0;
  /** Monotonic time it last became idle. */
  idleSince = 0;

  /** The transport's version it was dialled under. */
  readonly version: number;
  /** When the peer's certificate expires, wall-clock milliseconds; Infinity where peers have no identity. */
  readonly goodUntil: number;
  readonly socket: Socket;
  readonly carrier = this;

  readonly #reads: Reads;
  readonly #owner: ConnectionOwner;
  readonly #output: Output;
  readonly #writer: BodyWriter;
  readonly #reader = new ResponseReader();
  #listener: ResponseListener | undefined;
  #method = '';
  /** The Sec-WebSocket-Accept that an upgrade must be answered with; undefined when none was asked for. */
  #accept: string | undefined;
  #requestWhole = true;
  #headTimeoutMs = 0;
  #body: BodyDecoder | undefined;
  #trailers: Headers | undefined;
  #awaiting = false;
  #answered = false;
  #interim = 0;
  #reusable = false;
  #idleMs = never;
  #closed = false;

  constructor(socket: Socket, reads: Reads, owner: ConnectionOwner, version = 0, goodUntil = never) {
    this.version = version;
    this.goodUntil = goodUntil;
    this.socket = socket;
    this.#reads = reads;
    this.#owner = owner;
    this.#output = new Output(socket);
    this.#writer = new BodyWriter(this.#output);
    owner.deadlines.add(this);
    reads.receive = (chunk) => this.#onData(chunk);
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail('endpoint.closed', error.code ?? ''));
    socket.on('close', () => this.#onClose());
    socket.on('drain', () => this.#listener?.requestDrained());
  }

  get alive(): boolean {
    return !this.#closed && !this.socket.destroyed;
  }

  start(
    listener: ResponseListener,
    request: RequestHead,
    destination: Destination,
    bodyLength: number,
    upgrade: string,
    headTimeoutMs: number,
  ): void {
    this.#listener = listener;
    this.#method = request.method;
    this.#accept = upgrade === '' ? undefined : acceptFor(request.headers);
    this.#writer.begin(bodyLength === UNKNOWN_LENGTH);
    this.#requestWhole = bodyLength === 0;
    this.#headTimeoutMs = headTimeoutMs;
    this.#awaiting = true;
    this.#answered = false;
    this.#interim = 0;
    this.deadline = never;
    this.#output.text(requestHeadText(request, destination, bodyLength, upgrade));
    if (this.#requestWhole) this.#awaitHead();
  }

  write(chunk: Buffer): boolean {
    return this.#closed || this.#writer.write(chunk);
  }

  endRequest(trailers: Headers | undefined): void {
    if (this.#requestWhole || this.#closed) return;
    this.#requestWhole = true;
    this.#writer.end(trailers);
    if (this.#awaiting) this.#awaitHead();
  }

  flush(): void {
    if (!this.#closed) this.#output.flush();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.#listener = undefined;
    this.socket.destroy();
  }

  /** Ends the connection and tells whoever waits on it. */
  abort(code: GatewayErrorCode): void {
    this.#fail(code, '');
  }

  /** `endpoint` was declared down: a request that still waits for its head, and may be sent again, goes elsewhere. */
  moveFrom(endpoint: object): void {
    if (this.#awaiting && !this.#answered && this.#listener?.movable(endpoint) === true)
      this.abort('endpoint.down');
  }

  #awaitHead(): void {
    if (this.#headTimeoutMs > 0) this.deadline = this.#owner.deadlines.now + this.#headTimeoutMs;
  }

  #onData(chunk: Buffer): void {
    if (this.#listener === undefined) {
      // Bytes that nobody asked for: the next response would be somebody else's (response queue poisoning).
      this.socket.destroy();
      return;
    }
    this.#answered = true;
    let buffer = this.#reader.join(chunk);
    while (this.#awaiting) {
      const length = this.#reader.headLength(buffer);
      if (length === 0) return;
      if (length < 0) this.#fail('endpoint.malformed', 'the response head is too long');
      if (length < 0 || !this.#takeHead(buffer, length)) return;
      buffer = buffer.subarray(length);
      if (buffer.length === 0) break;
    }
    if (buffer.length > 0 && this.#body !== undefined) this.#feed(this.#body, buffer);
    // The listener may have changed by now: the turn's end is told to whoever listens.
    (this.#listener as ResponseListener | undefined)?.responseTurnEnd();
  }

  #feed(body: BodyDecoder, buffer: Buffer): void {
    const read = body.write(buffer, 0);
    if (read < 0) this.#fail('endpoint.malformed', 'the chunked body is malformed');
    else if (body.ended) {
      // Bytes after the end of a response would be taken for the next one.
      if (read < buffer.length) this.#reusable = false;
      this.#complete();
    }
  }

  /** False when there is nothing more to read in this buffer. */
  #takeHead(buffer: Buffer, length: number): boolean {
    const read = this.#reader.read(this.#method);
    if (typeof read === 'string') {
      this.#fail('endpoint.malformed', read);
      return false;
    }
    const { head, framing } = read;
    const listener = this.#listener as ResponseListener;
    const response: ResponseHead = { status: head.status, reason: head.target, headers: head.headers };
    if (head.status === 101) {
      this.#switch(response, head, buffer, length);
      return false;
    }
    if (head.status < 200) {
      if (++this.#interim > maxInterim) this.#fail('endpoint.malformed', 'interim responses without end');
      else listener.responseInform(response);
      return !this.#closed;
    }
    this.#awaiting = false;
    this.deadline = never;
    this.#idleMs = keepAliveHint(head.keepAlive);
    this.#reusable = framing !== UNTIL_CLOSE && keepsAlive(head);
    if (framing !== 0) {
      this.#body = new BodyDecoder(framing, this);
      listener.responseHead(response, framing < 0 ? UNKNOWN_LENGTH : framing);
      return true;
    }
    if (length < buffer.length) this.#reusable = false;
    listener.responseHead(response, 0);
    this.#complete();
    return false;
  }

  #switch(response: ResponseHead, head: ParsedHead, buffer: Buffer, length: number): void {
    // A handshake without a key has nothing to prove; one with a key must be answered by whoever has read it.
    const accept = this.#accept;
    const asked =
      accept === '' || (accept !== undefined && getHeader(head.headers, 'sec-websocket-accept') === accept);
    if (!asked || head.upgrade !== 'websocket' || !connectionHas(head.connection, 'upgrade')) {
      this.#fail('endpoint.malformed', 'switched protocols without being asked, or for somebody else');
      return;
    }
    const listener = this.#listener as ResponseListener;
    const socket = this.socket;
    const reads = this.#reads;
    this.#listener = undefined;
    this.#awaiting = false;
    this.#closed = true;
    this.deadline = never;
    this.#owner.deadlines.delete(this);
    this.#owner.connectionSwitched(this, socket);
    // Nobody listens before `onData`: paused, so that nothing is lost.
    socket.pause();
    const rest = length < buffer.length ? Buffer.from(buffer.subarray(length)) : undefined;
    const raw = new RawSocket(socket, rest, (receive) => {
      reads.receive = (chunk) => receive(Buffer.from(chunk));
      socket.resume();
    });
    listener.responseSwitched(response, raw);
  }

  bodyPiece(chunk: Buffer): void {
    if (this.#listener?.responseData(chunk) === false) this.socket.pause();
  }

  bodyWhole(trailers: Headers | undefined): void {
    this.#trailers = trailers;
  }

  /** The response is whole. The connection is settled before the listener hears of it: its next request may find it idle. */
  #complete(): void {
    const listener = this.#listener;
    const trailers = this.#trailers;
    this.#body = undefined;
    this.#listener = undefined;
    this.#trailers = undefined;
    this.served++;
    if (this.#requestWhole && this.#reusable && this.alive) this.#settle();
    else this.socket.destroy();
    listener?.responseEnd(trailers === undefined ? undefined : passableTrailers(trailers));
  }

  #settle(): void {
    if (this.socket.isPaused()) this.socket.resume();
    this.idleSince = this.#owner.deadlines.now;
    this.deadline = this.idleSince + Math.min(this.#owner.idleTimeoutMs, this.#idleMs);
    this.#owner.connectionIdle(this);
  }

  #onEnd(): void {
    if (this.#body?.untilClose === true) {
      this.#reusable = false;
      this.#body.close();
      this.#complete();
    } else this.#fail('endpoint.closed', 'the endpoint closed the connection');
  }

  #onClose(): void {
    if (!this.#closed) this.#fail('endpoint.closed', 'the connection was reset');
    this.#owner.deadlines.delete(this);
  }

  #fail(code: GatewayErrorCode, detail: string): void {
    const listener = this.#listener;
    const final = this.#body !== undefined && code === 'endpoint.closed' ? 'endpoint.broke-off' : code;
    this.#listener = undefined;
    if (!this.#closed) {
      this.#closed = true;
      this.#owner.connectionGone(this);
    }
    this.socket.destroy();
    const fate: RequestFate = this.#answered ? 'answered' : 'unanswered';
    listener?.requestFailed(final, detail, fate);
  }

  expired(): void {
    if (this.#awaiting) this.#fail('endpoint.head-timeout', '');
    else this.socket.destroy();
  }
}
