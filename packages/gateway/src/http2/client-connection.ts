/** The client side of one HTTP/2 connection to an endpoint: many requests at once, until either side says goodbye. */
import type { Socket } from 'node:net';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Headers } from '../http/headers.ts';
import type { Http2Limits } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { Reads } from '../net/reads.ts';
import type { ClientStream } from './client-stream.ts';
import { Http2Connection } from './connection.ts';
import type { BlockRefusal } from './connection-events.ts';
import { type ErrorCode, errorCodes, mostStreamId, preface, settingIds } from './frames.ts';
import type { Http2Stream } from './stream.ts';

const never = Number.POSITIVE_INFINITY;
/** Part of the peer's stream limit beyond which another connection is wanted. */
const nearly = 0.8;
/** Of one response, as for one over HTTP/1.1. */
const mostFields = 256;
/** How long a connected endpoint may take to say its SETTINGS. */
const settleMs = 10_000;
const pingPayload = Buffer.from('livelong');

/** What an endpoint may do to us. */
const clientLimits: Http2Limits = {
  maxConcurrentStreams: 0,
  maxHeaderListBytes: 65536,
  maxFrameBytes: 16384,
  maxContinuationFrames: 8,
  maxResetsPerSecond: 0,
  maxSettingsPerSecond: 100,
  maxPingsPerSecond: 100,
  maxEmptyFramesPerSecond: 10_000,
  headerTableBytes: 65536,
  streamWindowBytes: 1_048_576,
  connectionWindowBytes: 16_777_216,
  // How fast it takes a request is its affair; whether it lives, PING tells.
  stallTimeoutMs: 0,
};

/** The pool a connection belongs to. */
export interface Http2Owner {
  readonly deadlines: Deadlines;
  readonly idleTimeoutMs: number;
  /** Silence before it is pinged, and how long the answer may take; 0: never asked. */
  readonly readIdleTimeoutMs: number;
  readonly pingTimeoutMs: number;
  /** It has said its SETTINGS and takes requests. */
  connectionReady(connection: Http2ClientConnection): void;
  /** It may take another stream than it could before. */
  streamFreed(connection: Http2ClientConnection): void;
  /** It takes no more requests; those it has may go on. */
  connectionLeaving(connection: Http2ClientConnection): void;
  connectionOver(connection: Http2ClientConnection): void;
}

export class Http2ClientConnection extends Http2Connection {
  readonly scheme: 'http' | 'https';
  /** The transport's version it was dialled under. */
  readonly version: number;
  /** When the peer's certificate expires, wall-clock milliseconds; Infinity where peers have no identity. */
  readonly goodUntil: number;
  readonly peerIsServer = true;
  readonly #owner: Http2Owner;
  #nextStream = 1;
  /** The endpoint answered in HTTP/1.1. */
  speaksHttp1 = false;
  /** The peer or we said goodbye: no new streams. */
  #leaving = false;
  #pingedAt = never;

  constructor(
    socket: Socket,
    reads: Reads,
    owner: Http2Owner,
    scheme: 'http' | 'https',
    version = 0,
    goodUntil = never,
  ) {
    super(socket, clientLimits, mostFields, owner.deadlines, true);
    this.#owner = owner;
    this.scheme = scheme;
    this.version = version;
    this.goodUntil = goodUntil;
    reads.receive = (chunk) => {
      if (this.isSettled || !this.#isHttp1(chunk)) this.receive(chunk);
    };
    const slab = this.output.reserve(preface.length);
    preface.copy(slab, this.output.at);
    this.output.at += preface.length;
    this.open([[settingIds.enablePush, 0]]);
  }

  /** An endpoint that answers the preface in HTTP/1.1 knows no other: its connection is of no use. */
  #isHttp1(chunk: Buffer): boolean {
    this.speaksHttp1 = chunk.length > 6 && chunk.toString('latin1', 0, 7) === 'HTTP/1.';
    if (this.speaksHttp1) this.end();
    return this.speaksHttp1;
  }

  /** Streams that may still be opened. */
  get room(): number {
    if (this.#leaving || !this.reading) return 0;
    return this.peer.maxConcurrentStreams - this.streams.size;
  }

  /** So many streams are open that another connection is wanted. */
  get crowded(): boolean {
    return this.streams.size >= this.peer.maxConcurrentStreams * nearly;
  }

  get alive(): boolean {
    return this.reading && !this.#leaving;
  }

  /** Numbers `stream`; false when the connection takes no more. */
  opened(stream: ClientStream): boolean {
    if (this.room < 1) return false;
    stream.id = this.#nextStream;
    this.#nextStream += 2;
    this.add(stream);
    // The last id there is: whoever comes next needs another connection.
    if (this.#nextStream > mostStreamId) this.#leave();
    return true;
  }

  /** No new requests; closes when the last one is done. */
  retire(): void {
    this.#leave();
    if (this.streams.size === 0) this.finish(errorCodes.noError);
  }

  /** Everything ends now. */
  abort(code: GatewayErrorCode): void {
    for (const stream of [...this.streams.values()]) (stream as ClientStream).abort(code);
    this.end();
  }

  /** `endpoint` was declared down. */
  moveFrom(endpoint: object): void {
    for (const stream of [...this.streams.values()]) (stream as ClientStream).moveFrom(endpoint);
  }

  isIdle(streamId: number): boolean {
    return streamId >= this.#nextStream || streamId % 2 === 0;
  }

  /** An endpoint may go on about a stream for as long as it has not heard that nobody listens: that harms nobody. */
  override wasReset(): boolean {
    return true;
  }

  protected get lastPeerStream(): number {
    return 0;
  }

  settled(): void {
    this.#owner.connectionReady(this);
  }

  /** It may take more streams than before. */
  settingsChanged(): void {
    this.#owner.streamFreed(this);
  }

  pinged(): void {
    this.#pingedAt = never;
  }

  headersReceived(id: number, headers: Headers, endStream: boolean, refusal: BlockRefusal): void {
    const stream = this.streams.get(id) as ClientStream | undefined;
    if (stream === undefined) {
      if (this.isIdle(id)) this.fail(errorCodes.protocolError, 'HEADERS on a stream that nobody opened');
      else if (!this.wasReset()) this.fail(errorCodes.streamClosed, 'HEADERS on a stream that is over');
    } else if (stream.remoteEnded || refusal !== undefined) {
      this.resetStream(stream, stream.remoteEnded ? errorCodes.streamClosed : errorCodes.protocolError);
      stream.violated(
        refusal === 'too-large' ? 'the header list is too long' : 'headers that HTTP/2 does not allow',
      );
    } else stream.head(headers, endStream);
  }

  /** Streams beyond `lastStreamId` were not looked at: they may be sent again, whatever they are (RFC 9113 §6.8). */
  peerGoesAway(lastStreamId: number, code: number): void {
    this.#leave();
    for (const stream of [...this.streams.values()]) {
      if (stream.id <= lastStreamId) continue;
      this.lose(stream, code as ErrorCode, 'the endpoint is going away', true);
    }
    if (this.streams.size === 0) this.finish(errorCodes.noError);
  }

  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#owner.connectionLeaving(this);
  }

  misbehaved(): void {
    this.#leave();
  }

  protected streamsGone(): void {
    if (this.#leaving) this.finish(errorCodes.noError);
  }

  override remove(stream: Http2Stream): void {
    super.remove(stream);
    if (!this.#leaving) this.#owner.streamFreed(this);
  }

  protected outputDrained(): void {
    // Only DATA waits for the socket, and that has been told.
  }

  protected ended(): void {
    this.#leaving = true;
    this.#owner.connectionOver(this);
  }

  protected tick(now: number): void {
    const { idleTimeoutMs, readIdleTimeoutMs, pingTimeoutMs } = this.#owner;
    if (!this.isSettled && now - this.quietSince >= settleMs) {
      this.end();
      return;
    }
    if (this.streams.size === 0 && now - this.quietSince >= idleTimeoutMs) {
      this.retire();
      return;
    }
    if (readIdleTimeoutMs === 0) return;
    if (this.lastRead > this.#pingedAt) this.#pingedAt = never;
    if (this.#pingedAt === never) {
      if (now - this.lastRead < readIdleTimeoutMs) return;
      this.#pingedAt = now;
      this.sendPing(pingPayload);
    } else if (now - this.#pingedAt >= pingTimeoutMs) {
      // Our PING stands behind what still leaves: a slow way is not a dead one.
      const moves = this.output.queuedBytes > 0 && this.output.stuckSince(now) > now - pingTimeoutMs;
      if (!moves) this.end();
    }
  }
}
