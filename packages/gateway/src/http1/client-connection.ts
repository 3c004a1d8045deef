/** The client side of one HTTP/1.1 connection to an endpoint: one request at a time, its response pushed to a listener. */
import type { Socket } from 'node:net';
import type { GatewayErrorCode } from '../http/errors.ts';
import { type RawConnection, UNKNOWN_LENGTH } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import { passableTrailers } from '../http/trailers.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import type { Reads } from '../net/reads.ts';
import { BodyDecoder, type DecodedBody } from './body-decoder.ts';
import { responseFraming, UNTIL_CLOSE } from './framing.ts';
import { copyLimit, Output } from './output.ts';
import { connectionHas, type ParsedHead, parseResponseHead } from './parse-head.ts';
import { chunkedEnd, chunkHead } from './response-head.ts';

const never = Number.POSITIVE_INFINITY;
const headEnd = Buffer.from('\r\n\r\n');
const crlf = Buffer.from('\r\n');
const maxHeadBytes = 65536;
const maxHeadFields = 256;
/** Interim responses to one request; more is an endpoint gone mad. */
const maxInterim = 16;

/** Who asked, and hears what comes back. */
export interface ResponseListener {
  responseInform(head: ResponseHead): void;
  /** `length`: body bytes or UNKNOWN_LENGTH. */
  responseHead(head: ResponseHead, length: number): void;
  /** False asks to stop until `resume`. */
  responseData(chunk: Buffer): boolean;
  responseEnd(trailers: Headers | undefined): void;
  /** All that came in this turn was delivered. */
  responseTurnEnd(): void;
  responseSwitched(head: ResponseHead, raw: RawConnection): void;
  /** No response, or no whole one. `answered`: some byte of a response had come. */
  requestFailed(code: GatewayErrorCode, detail: string, answered: boolean): void;
  requestDrained(): void;
  /** This request is on `endpoint` and may be sent again elsewhere. */
  movable(endpoint: object): boolean;
}

/** The pool a connection belongs to. */
export interface ConnectionOwner {
  readonly deadlines: Deadlines;
  readonly idleTimeoutMs: number;
  /** The connection is whole again and may serve the next request. */
  connectionIdle(connection: ClientConnection): void;
  connectionGone(connection: ClientConnection): void;
}

export class ClientConnection implements DecodedBody, Timed {
  deadline = never;
  /** Requests this connection has finished. */
  served = 0;
  /** Monotonic time it last became idle. */
  idleSince = 0;
  /** SPIFFE ID of the peer, '' without one. */
  readonly peerUri: string;

  readonly #socket: Socket;
  readonly #reads: Reads;
  readonly #owner: ConnectionOwner;
  readonly #output: Output;
  #listener: ResponseListener | undefined;
  #method = '';
  #upgrade = false;
  #chunked = false;
  #requestWhole = true;
  #headTimeoutMs = 0;
  #buffer: Buffer | undefined;
  #searched = 0;
  #body: BodyDecoder | undefined;
  #trailers: Headers | undefined;
  #awaiting = false;
  #answered = false;
  #interim = 0;
  #reusable = false;
  #hintMs = never;
  #closed = false;

  constructor(socket: Socket, reads: Reads, owner: ConnectionOwner, peerUri: string) {
    this.#socket = socket;
    this.#owner = owner;
    this.#output = new Output(socket);
    this.peerUri = peerUri;
    owner.deadlines.add(this);
    this.#reads = reads;
    reads.receive = (chunk) => this.#onData(chunk);
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: Error) =>
      this.#fail('endpoint.closed', (error as NodeJS.ErrnoException).code ?? ''),
    );
    socket.on('close', () => this.#onClose());
    socket.on('drain', () => this.#listener?.requestDrained());
  }

  get alive(): boolean {
    return !this.#closed && !this.#socket.destroyed;
  }

  /** Sends a head; `bodyLength` 0 ends the request. Bytes may wait for `flush`. */
  start(
    listener: ResponseListener,
    method: string,
    head: string,
    bodyLength: number,
    upgrade: boolean,
    headTimeoutMs: number,
  ): void {
    this.#listener = listener;
    this.#method = method;
    this.#upgrade = upgrade;
    this.#chunked = bodyLength === UNKNOWN_LENGTH;
    this.#requestWhole = bodyLength === 0;
    this.#headTimeoutMs = headTimeoutMs;
    this.#awaiting = true;
    this.#answered = false;
    this.#interim = 0;
    this.deadline = never;
    this.#output.text(head);
    if (this.#requestWhole) this.#awaitHead();
  }

  /** False: stop until `requestDrained`. */
  write(chunk: Buffer): boolean {
    if (this.#closed) return true;
    if (!this.#chunked) return this.#output.bytes(chunk);
    this.#output.text(chunkHead(chunk.length));
    const open = this.#output.bytes(chunk);
    if (chunk.length > 8192) this.#output.bytes(crlf);
    else this.#output.text('\r\n');
    return open;
  }

  endRequest(trailers: Headers | undefined): void {
    if (this.#requestWhole || this.#closed) return;
    this.#requestWhole = true;
    if (this.#chunked) this.#output.text(chunkedEnd(trailers));
    if (this.#awaiting) this.#awaitHead();
  }

  flush(): boolean {
    return this.#closed || this.#output.flush();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection, telling nobody. */
  destroy(): void {
    this.#listener = undefined;
    this.#socket.destroy();
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
      this.#socket.destroy();
      return;
    }
    this.#answered = true;
    let buffer = this.#buffer === undefined ? chunk : Buffer.concat([this.#buffer, chunk]);
    this.#buffer = undefined;
    while (this.#awaiting) {
      const read = this.#readHead(buffer);
      if (read < 0) return;
      if (read === 0) {
        // The chunk's memory is read into again: what is kept is copied.
        this.#buffer = Buffer.from(buffer);
        return;
      }
      buffer = buffer.subarray(read);
      if (buffer.length === 0) break;
    }
    if (buffer.length > 0) this.#feed(buffer);
    // The listener may have changed hands: the turn's end is told to whoever listens now.
    const listener = this.#listener as ResponseListener | undefined;
    listener?.responseTurnEnd();
  }

  #feed(buffer: Buffer): void {
    const body = this.#body;
    if (body === undefined) {
      this.#fail('endpoint.malformed', 'bytes after the end of the response');
      return;
    }
    const read = body.write(buffer, 0);
    if (read < 0) this.#fail('endpoint.malformed', 'the chunked body is malformed');
    else if (body.ended) {
      // Bytes after the end of a response would be taken for the next one.
      if (read < buffer.length) this.#reusable = false;
      this.#complete();
    }
  }

  /** Bytes taken, 0 when the head is incomplete, -1 when the connection is done for. */
  #readHead(buffer: Buffer): number {
    const end = buffer.indexOf(headEnd, Math.max(0, this.#searched - 3));
    if (end > maxHeadBytes || (end < 0 && buffer.length > maxHeadBytes)) {
      this.#fail('endpoint.malformed', `response head over ${maxHeadBytes} bytes`);
      return -1;
    }
    if (end < 0) {
      this.#searched = buffer.length;
      return 0;
    }
    this.#searched = 0;
    const head = parseResponseHead(buffer.toString('latin1', 0, end + 2), maxHeadFields);
    if (typeof head === 'string') {
      this.#fail('endpoint.malformed', 'the response head breaks RFC 9112');
      return -1;
    }
    return this.#takeHead(head, buffer, end + 4) ? end + 4 : -1;
  }

  #takeHead(head: ParsedHead, buffer: Buffer, bodyAt: number): boolean {
    const response: ResponseHead = { status: head.status, reason: head.target, headers: head.headers };
    if (head.status < 200) {
      if (head.status === 101) return this.#switch(response, head, buffer, bodyAt);
      if (++this.#interim > maxInterim || head.contentLength >= 0 || head.transferEncoding !== undefined) {
        this.#fail('endpoint.malformed', 'interim responses without end or with a body');
        return false;
      }
      this.#listener?.responseInform(response);
      return true;
    }
    const framing = responseFraming(head, this.#method);
    if (typeof framing === 'string') {
      this.#fail('endpoint.malformed', 'the response framing is ambiguous');
      return false;
    }
    this.#awaiting = false;
    this.deadline = never;
    this.#reusable =
      framing !== UNTIL_CLOSE &&
      (head.minor === 1
        ? !connectionHas(head.connection, 'close')
        : connectionHas(head.connection, 'keep-alive'));
    this.#hintMs = keepAliveHint(head.keepAlive);
    const listener = this.#listener as ResponseListener;
    if (framing === 0) {
      // Whatever follows now would be bytes after the end.
      if (bodyAt < buffer.length) this.#reusable = false;
      listener.responseHead(response, 0);
      this.#complete();
      return false;
    }
    this.#body = new BodyDecoder(framing, this);
    listener.responseHead(response, framing < 0 ? UNKNOWN_LENGTH : framing);
    return true;
  }

  #switch(response: ResponseHead, head: ParsedHead, buffer: Buffer, bodyAt: number): boolean {
    if (!this.#upgrade || head.upgrade !== 'websocket' || !connectionHas(head.connection, 'upgrade')) {
      this.#fail('endpoint.malformed', 'switched protocols without being asked');
      return false;
    }
    const listener = this.#listener as ResponseListener;
    this.#listener = undefined;
    this.#awaiting = false;
    this.#closed = true;
    this.deadline = never;
    this.#owner.deadlines.delete(this);
    this.#owner.connectionGone(this);
    const socket = this.#socket;
    const reads = this.#reads;
    // Nobody listens before `onData`: paused, so that nothing is lost.
    socket.pause();
    listener.responseSwitched(response, {
      socket,
      head: bodyAt < buffer.length ? Buffer.from(buffer.subarray(bodyAt)) : undefined,
      onData(receive) {
        reads.receive = (chunk) => receive(Buffer.from(chunk));
        socket.resume();
      },
    });
    return false;
  }

  bodyPiece(chunk: Buffer): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    // A large piece may wait in a socket's queue; a small one is copied into text on its way.
    const piece = chunk.length > copyLimit ? Buffer.from(chunk) : chunk;
    if (!listener.responseData(piece)) this.#socket.pause();
  }

  bodyWhole(trailers: Headers | undefined): void {
    this.#trailers = trailers;
  }

  /** The response is whole. The connection is settled before the listener hears of it: its next request may find it idle. */
  #complete(): void {
    this.#body = undefined;
    const listener = this.#listener;
    const trailers = this.#trailers;
    this.#listener = undefined;
    this.#trailers = undefined;
    if (this.#requestWhole) this.#settle();
    else this.#socket.destroy();
    listener?.responseEnd(trailers === undefined ? undefined : passableTrailers(trailers));
  }

  #settle(): void {
    this.served++;
    if (!this.#reusable || this.#closed || this.#socket.destroyed) {
      this.#socket.destroy();
      return;
    }
    if (this.#socket.isPaused()) this.#socket.resume();
    this.idleSince = this.#owner.deadlines.now;
    this.deadline = this.idleSince + Math.min(this.#owner.idleTimeoutMs, this.#hintMs);
    this.#owner.connectionIdle(this);
  }

  #onEnd(): void {
    if (this.#body !== undefined && this.#body.untilClose) {
      this.#reusable = false;
      this.#body.close();
      this.#complete();
    } else
      this.#fail(
        this.#body === undefined ? 'endpoint.closed' : 'endpoint.broke-off',
        'the endpoint closed the connection',
      );
  }

  #onClose(): void {
    if (!this.#closed)
      this.#fail(
        this.#body === undefined ? 'endpoint.closed' : 'endpoint.broke-off',
        'the connection was reset',
      );
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
    this.#socket.destroy();
    listener?.requestFailed(final, detail, this.#answered);
  }

  expired(): void {
    if (this.#awaiting) this.#fail('endpoint.head-timeout', '');
    else this.#socket.destroy();
  }
}

/** Milliseconds an endpoint says it keeps an idle connection (`timeout=5`), less one second for the way; Infinity when it does not say. */
function keepAliveHint(value: string): number {
  const match = value === '' ? null : /timeout=(\d{1,6})/.exec(value);
  return match === null ? never : Math.max(0, Number(match[1]) * 1000 - 1000);
}
