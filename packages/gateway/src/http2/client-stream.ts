/** One request to an HTTP/2 endpoint and its response. */
import type { ClientRequest, Destination, ResponseListener } from '../http/client-request.ts';
import { endpointAuthority, endpointPath, withheldNames } from '../http/client-request.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import { UNKNOWN_LENGTH } from '../http/exchange.ts';
import { addHeader, type Headers, stride } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import { passableTrailers } from '../http/trailers.ts';
import { acceptFor } from '../http/websocket.ts';
import type { Http2ClientConnection } from './client-connection.ts';
import { areTrailers } from './field-names.ts';
import { type ErrorCode, errorCodes, errorName } from './frames.ts';
import { roomFor } from './header-block-writer.ts';
import { RawStream } from './raw-stream.ts';
import { readResponse } from './response-fields.ts';
import { Http2Stream } from './stream.ts';

/** What a field counts beyond its name and value, less what `roomFor` has counted already. */
const listOverhead = 16;
/** Names, overhead and short values of :method, :scheme, :path, :authority, :protocol and content-length. */
const pseudoBytes = 320;
const never = Number.POSITIVE_INFINITY;
/** Interim responses to one request; more is an endpoint gone mad. */
const maxInterim = 16;

export class ClientStream extends Http2Stream implements ClientRequest {
  readonly #client: Http2ClientConnection;
  #listener: ResponseListener | undefined;
  #raw: RawStream | undefined;
  #method = '';
  /** The Sec-WebSocket-Accept a client over HTTP/1.1 expects; undefined when no tunnel was asked for. */
  #accept: string | undefined;
  #headTimeoutMs = 0;
  #headBy = never;
  #answered = false;
  #awaiting = true;
  #interim = 0;

  constructor(client: Http2ClientConnection) {
    super(client, true);
    this.#client = client;
  }

  get served(): number {
    return (this.id - 1) / 2;
  }

  get carrier(): Http2ClientConnection {
    return this.#client;
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
    this.#headTimeoutMs = headTimeoutMs;
    if (upgrade !== '') this.#accept = acceptFor(request.headers);
    if (!this.#client.opened(this)) {
      queueMicrotask(() =>
        this.#fail('endpoint.closed', 'the connection takes no more streams', 'unprocessed'),
      );
      return;
    }
    const whole = bodyLength === 0 && upgrade === '';
    if (!this.#sendHead(request, destination, bodyLength, upgrade, whole)) {
      // Nothing was sent: an id that is left out tells the peer nothing.
      this.connection.remove(this);
      queueMicrotask(() =>
        this.#fail('request.head-too-large', 'more header bytes than the endpoint takes', 'unanswered'),
      );
      return;
    }
    this.localEnded = whole;
    if (whole || upgrade !== '') this.#awaitHead();
  }

  #sendHead(
    request: RequestHead,
    destination: Destination,
    bodyLength: number,
    upgrade: string,
    endStream: boolean,
  ): boolean {
    const { ownHeaders } = destination.owner;
    const withheld = withheldNames(request, destination);
    const headers = request.headers;
    const path = endpointPath(request, destination);
    const authority = endpointAuthority(request, destination);
    const block = this.#client.headers;
    const room = roomFor(headers) + roomFor(ownHeaders) + path.length + authority.length;
    // Counted as the peer counts (RFC 9113 §6.5.2), with pseudo-header fields: more would cost it, or us, the connection.
    const listBytes = room + ((headers.length + ownHeaders.length) / stride) * listOverhead + pseudoBytes;
    if (listBytes > this.#client.peer.maxHeaderListBytes || !block.begin(room)) return false;
    block.field(':method', upgrade === '' ? request.method : 'CONNECT');
    if (upgrade !== '') block.field(':protocol', upgrade);
    block.field(':scheme', this.#client.scheme);
    block.field(':path', path);
    block.field(':authority', authority);
    for (let i = 0; i < headers.length; i += stride) {
      const name = headers[i] as string;
      if (withheld?.has(name)) continue;
      if (upgrade !== '' && name === 'sec-websocket-key') continue;
      block.field(name, headers[i + 1] as string);
    }
    for (let i = 0; i < ownHeaders.length; i += stride) {
      block.field(ownHeaders[i] as string, ownHeaders[i + 1] as string);
    }
    if (bodyLength > 0) block.field('content-length', String(bodyLength));
    block.end(this, endStream);
    return true;
  }

  write(chunk: Buffer): boolean {
    return this.sendData(chunk);
  }

  endRequest(trailers: Headers | undefined): void {
    if (this.localEnded || this.closed) return;
    this.sendEnd(trailers === undefined ? undefined : passableTrailers(trailers));
    if (this.#awaiting) this.#awaitHead();
  }

  flush(): void {
    // What was written leaves when the turn ends, with everything else on this connection.
  }

  resume(): void {
    this.resumeReceiving();
  }

  destroy(): void {
    this.#listener = undefined;
    this.reset(errorCodes.cancel);
  }

  /** `endpoint` was declared down: a request that still waits for its head, and may be sent again, goes elsewhere. */
  moveFrom(endpoint: object): void {
    if (!this.#awaiting || this.#answered || this.#listener?.movable(endpoint) !== true) return;
    this.reset(errorCodes.cancel);
    this.#fail('endpoint.down', '', 'unanswered');
  }

  /** Ends the request and tells whoever waits on it. */
  abort(code: GatewayErrorCode): void {
    this.reset(errorCodes.cancel);
    this.#fail(code, '', this.#answered ? 'answered' : 'unanswered');
  }

  #awaitHead(): void {
    if (this.#headTimeoutMs > 0) this.#headBy = this.#client.deadlines.now + this.#headTimeoutMs;
  }

  /** A header block of the endpoint: interim response, response or trailers. */
  head(headers: Headers, endStream: boolean): void {
    this.#answered = true;
    if (!this.#awaiting) {
      this.#trailers(headers, endStream);
      return;
    }
    const read = readResponse(headers);
    if (typeof read === 'string') {
      this.#malformed(read);
      return;
    }
    const { head } = read;
    const listener = this.#listener;
    if (head.status < 200) {
      if (endStream || ++this.#interim > maxInterim) this.#malformed('interim responses without end');
      else listener?.responseInform(head);
      return;
    }
    const bodiless = this.#method === 'HEAD' || head.status === 204 || head.status === 304;
    if (endStream && read.length > 0 && !bodiless) {
      this.#malformed('content-length without content');
      return;
    }
    this.#awaiting = false;
    this.#headBy = never;
    if (this.#accept !== undefined && head.status < 300 && !endStream) {
      this.#switch(head.headers);
      return;
    }
    this.declared = bodiless ? 0 : endStream && read.length < 0 ? 0 : read.length;
    this.connection.turn.touch(this);
    listener?.responseHead(head, endStream || bodiless ? 0 : read.length < 0 ? UNKNOWN_LENGTH : read.length);
    if (endStream && !this.closed) this.receiveEnd(undefined);
  }

  #trailers(headers: Headers, endStream: boolean): void {
    if (!endStream || !areTrailers(headers)) this.#malformed('trailers that HTTP/2 does not allow');
    else this.receiveEnd(headers);
  }

  /** The tunnel is open: to the client it is a switch of protocols, whatever it came over. */
  #switch(headers: Headers): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#raw = new RawStream(this);
    this.hold();
    if (this.#accept !== '') addHeader(headers, 'Sec-WebSocket-Accept', this.#accept as string);
    listener?.responseSwitched({ status: 101, reason: '', headers }, this.#raw);
  }

  protected deliver(piece: Buffer): boolean {
    if (this.#raw !== undefined) return this.#raw.data(piece);
    if (this.#awaiting) {
      this.#malformed('content before its head');
      return true;
    }
    this.connection.turn.touch(this);
    return this.#listener?.responseData(piece) ?? true;
  }

  protected deliverEnd(trailers: Headers | undefined): void {
    if (this.#raw !== undefined) {
      this.#raw.ended();
      return;
    }
    if (this.#awaiting) {
      this.#malformed('the stream ended without a response');
      return;
    }
    const listener = this.#listener;
    this.#listener = undefined;
    // The rest of the request is not wanted any more.
    if (!this.localEnded) this.reset(errorCodes.noError);
    listener?.responseEnd(trailers === undefined ? undefined : passableTrailers(trailers));
  }

  protected drained(): void {
    if (this.#raw !== undefined) this.#raw.drained();
    else this.#listener?.requestDrained();
  }

  turnEnd(): void {
    this.#listener?.responseTurnEnd();
  }

  aborted(code: ErrorCode, detail: string, unprocessed: boolean): void {
    const fate = this.#answered ? 'answered' : unprocessed ? 'unprocessed' : 'unanswered';
    const why = detail === '' ? `the endpoint reset the stream: ${errorName(code)}` : detail;
    // A reset of this one stream is no goodbye of the connection.
    const gone = this.#awaiting && (detail !== '' || unprocessed);
    this.#fail(gone ? 'endpoint.closed' : 'endpoint.broke-off', why, fate);
  }

  violated(detail: string): void {
    this.#fail(this.#awaiting ? 'endpoint.malformed' : 'endpoint.broke-off', detail, 'answered');
  }

  stalled(): void {
    this.#fail('endpoint.head-timeout', 'the endpoint did not take the request', 'answered');
  }

  tick(now: number): void {
    if (now < this.#headBy) return;
    this.reset(errorCodes.cancel);
    this.#fail('endpoint.head-timeout', '', 'unanswered');
  }

  #malformed(detail: string): void {
    this.reset(errorCodes.protocolError);
    this.#fail(this.#awaiting ? 'endpoint.malformed' : 'endpoint.broke-off', detail, 'answered');
  }

  #fail(code: GatewayErrorCode, detail: string, fate: 'answered' | 'unanswered' | 'unprocessed'): void {
    this.#raw?.gone();
    this.#headBy = never;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.requestFailed(code, detail, fate);
  }
}
