/** The server side of one HTTP/2 connection: a client's streams become exchanges, within the limits. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { ConnectionFacts } from '../http/exchange.ts';
import { type Headers, stride } from '../http/headers.ts';
import { unreadableRequest } from '../http/message.ts';
import type { ServedConnection, ServerSettings } from '../http/server-settings.ts';
import type { Incoming } from '../net/reads.ts';
import { Wear } from '../net/wear.ts';
import { Http2Connection } from './connection.ts';
import type { BlockRefusal } from './connection-events.ts';
import { writeGoAway } from './control-frames.ts';
import { areTrailers } from './field-names.ts';
import { type ErrorCode, errorCodes, mostStreamId, preface, settingIds } from './frames.ts';
import { readRequest } from './request-fields.ts';
import { ServerStream } from './server-stream.ts';
import type { Http2Stream } from './stream.ts';

const never = Number.POSITIVE_INFINITY;
/** Answers that nobody reads: more than this and no more is read either. DATA alone never comes to so much. */
const mostUnread = 2 * 1024 * 1024;
/** Of a request: method, scheme, authority, path, protocol. */
const pseudoFields = 5;
/** A client that was told to go elsewhere has this long to say that it heard. */
const retireMs = 1000;
const pingPayload = Buffer.from('goodbye.');

export class Http2ServerConnection extends Http2Connection implements ServedConnection {
  readonly facts: ConnectionFacts;
  readonly settings: ServerSettings;
  readonly peerIsServer = false;
  readonly #incoming: Incoming;
  #lastStream = 0;
  /** Bytes of the preface that came. */
  #prefaceAt = 0;
  readonly #openedAt: number;
  readonly #wear: Wear;
  /** Since when the frame or block that is coming in has been coming in. */
  #partialSince = never;
  #completed = 0;
  /** When it was told to go elsewhere. */
  #retiredAt = never;
  /** It has heard: what it sends from now on is refused. */
  #final = false;

  /** `read`: what the client has said already, its preface first. */
  constructor(incoming: Incoming, facts: ConnectionFacts, settings: ServerSettings, read?: Buffer) {
    super(
      incoming.socket,
      settings.limits.http2,
      settings.limits.maxHeaderCount + pseudoFields,
      settings.deadlines,
      facts.peerUri !== '',
    );
    this.#incoming = incoming;
    this.facts = facts;
    this.settings = settings;
    this.#openedAt = settings.deadlines.now;
    this.#wear = new Wear(settings.keepAlive, settings.deadlines.now);
    this.open([
      [settingIds.maxConcurrentStreams, this.limits.maxConcurrentStreams],
      [settingIds.enableConnectProtocol, 1],
    ]);
    incoming.onData((chunk) => this.#onData(chunk));
    if (read !== undefined) this.#onData(read);
  }

  get inFlight(): number {
    let open = 0;
    for (const stream of this.streams.values())
      if (!stream.localEnded || (stream as ServerStream).tunnels) open++;
    return open;
  }

  idleFor(ms: number): boolean {
    return this.streams.size === 0 && !this.partial && this.deadlines.now - this.quietSince >= ms;
  }

  retire(): void {
    if (this.#retiredAt !== never || !this.reading) return;
    this.#retiredAt = this.deadlines.now;
    // First the promise that everything on its way is still served (RFC 9113 §6.8), then, when it has heard, the last word.
    writeGoAway(this.output, mostStreamId, errorCodes.noError, 'going away');
    this.sendPing(pingPayload);
  }

  close(): void {
    this.finish(errorCodes.noError, 'going away');
  }

  cut(code: GatewayErrorCode): void {
    for (const stream of this.streams.values()) (stream as ServerStream).cut(code);
    this.end();
  }

  #onData(chunk: Buffer): void {
    let rest = chunk;
    if (this.#prefaceAt < preface.length) {
      const length = Math.min(preface.length - this.#prefaceAt, chunk.length);
      if (preface.compare(chunk, 0, length, this.#prefaceAt, this.#prefaceAt + length) !== 0) {
        this.fail(errorCodes.protocolError, 'want the preface of HTTP/2');
        return;
      }
      this.#prefaceAt += length;
      if (length === chunk.length) return;
      rest = chunk.subarray(length);
    }
    this.receive(rest);
    if (this.output.queuedBytes > mostUnread) this.#incoming.pause();
  }

  protected outputDrained(): void {
    this.#incoming.resume();
  }

  isIdle(streamId: number): boolean {
    return streamId > this.#lastStream || streamId % 2 === 0;
  }

  protected get lastPeerStream(): number {
    return this.#lastStream;
  }

  settled(): void {
    // Its first streams may be here already.
  }

  settingsChanged(): void {
    // Windows and tables follow by themselves.
  }

  pinged(): void {
    if (this.#retiredAt === never || this.#final) return;
    this.#final = true;
    if (this.streams.size === 0) this.close();
  }

  peerGoesAway(): void {
    // It opens no more streams; those that are open go on.
    if (this.streams.size === 0) this.close();
  }

  headersReceived(id: number, headers: Headers, endStream: boolean, refusal: BlockRefusal): void {
    const open = this.streams.get(id) as ServerStream | undefined;
    if (open !== undefined) this.#trailers(open, headers, endStream, refusal);
    else if (id % 2 === 0) this.fail(errorCodes.protocolError, 'a stream id that is not odd');
    else if (id > this.#lastStream) this.#request(id, headers, endStream, refusal);
    else if (!this.wasReset(id)) this.fail(errorCodes.streamClosed, 'HEADERS on a stream that is over');
  }

  #request(id: number, headers: Headers, endStream: boolean, refusal: BlockRefusal): void {
    this.#lastStream = id;
    if (this.#final || this.streams.size >= this.limits.maxConcurrentStreams) {
      this.resetId(id, errorCodes.refusedStream);
      // A client that has not heard of the limit can't keep to it.
      if (!this.#final && this.isKnown) this.strike();
      return;
    }
    if (refusal === 'too-large') {
      this.#refuse(
        id,
        endStream,
        'request.head-too-large',
        `at most ${this.limits.maxHeaderListBytes} bytes`,
      );
      return;
    }
    const read = refusal === undefined ? readRequest(headers, endStream, this.facts) : undefined;
    if (read === undefined || ('code' in read && read.reset)) {
      this.resetId(id, errorCodes.protocolError);
      this.settings.misbehaved(
        'request.malformed',
        read?.detail ?? 'a field that HTTP/2 does not allow',
        this.facts,
      );
      this.strike();
    } else if ('code' in read) this.#refuse(id, endStream, read.code, read.detail);
    else if (read.request.headers.length > this.settings.limits.maxHeaderCount * stride) {
      this.#refuse(
        id,
        endStream,
        'request.head-too-large',
        `at most ${this.settings.limits.maxHeaderCount} header fields`,
      );
    } else {
      const stream = new ServerStream(this, id, read);
      this.#serve(stream, endStream);
      const most = this.settings.limits.maxRequestBodyBytes;
      if (most > 0 && read.bodyLength > most)
        stream.refuse('request.body-too-large', `at most ${most} bytes`);
      else if (read.declared === 0 && !endStream) stream.holdForEnd();
      else this.settings.handle(stream);
    }
  }

  /** An answer to a request that could not be read. */
  #refuse(id: number, endStream: boolean, code: GatewayErrorCode, detail: string): void {
    const stream = new ServerStream(this, id, unreadable);
    this.#serve(stream, endStream);
    stream.refuse(code, detail);
  }

  #serve(stream: ServerStream, endStream: boolean): void {
    this.add(stream);
    stream.remoteEnded = endStream;
    this.settings.started(stream, 'HTTP/2.0');
    // What is on its way is still served: a few more than the limit may be.
    if (this.#wear.another(this.deadlines.now)) this.retire();
  }

  #trailers(stream: ServerStream, headers: Headers, endStream: boolean, refusal: BlockRefusal): void {
    let why = '';
    let code: ErrorCode = errorCodes.protocolError;
    if (stream.remoteEnded) {
      why = 'HEADERS after the end of the stream';
      code = errorCodes.streamClosed;
    } else if (!endStream) why = 'HEADERS in the middle of a body';
    else if (refusal !== undefined || !areTrailers(headers)) why = 'trailers that HTTP/2 does not allow';
    if (why === '') {
      stream.receiveEnd(headers);
      return;
    }
    this.resetStream(stream, code);
    stream.violated(why);
    this.strike();
  }

  /** A response that is whole before its request is: what is on its way is still read, for a while. */
  override halfClosed(stream: Http2Stream): void {
    if (stream.localEnded && !stream.remoteEnded && !(stream as ServerStream).tunnels)
      (stream as ServerStream).linger();
    else super.halfClosed(stream);
  }

  misbehaved(code: ErrorCode, detail: string): void {
    const abuse = code === errorCodes.enhanceYourCalm;
    this.settings.misbehaved(abuse ? 'client.abuse' : 'client.protocol-error', detail, this.facts);
  }

  protected streamsGone(): void {
    if (this.#final) this.close();
  }

  protected ended(): void {
    this.settings.closed(this);
  }

  protected tick(now: number): void {
    const { limits } = this.settings;
    const partial = this.partial || this.#prefaceAt < preface.length || !this.isSettled;
    const completed = this.frames.completed;
    if (!partial) this.#partialSince = never;
    else if (!this.isSettled) this.#partialSince = this.#openedAt;
    else if (this.#partialSince === never || completed !== this.#completed) this.#partialSince = now;
    this.#completed = completed;
    if (limits.headTimeoutMs > 0 && now - this.#partialSince >= limits.headTimeoutMs) {
      this.fail(errorCodes.enhanceYourCalm, 'a frame that does not come to its end');
      return;
    }
    if (this.settings.draining || this.#wear.past(now)) this.retire();
    if (this.#retiredAt !== never && now - this.#retiredAt >= retireMs) this.pinged();
    const idle = limits.idleTimeoutMs;
    if (this.streams.size === 0 && idle > 0 && now - this.quietSince >= idle) this.close();
  }
}

const unreadable = {
  request: unreadableRequest,
  bodyLength: -1,
  declared: -1,
  upgrade: '',
};
