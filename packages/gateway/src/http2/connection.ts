/** What both ends of an HTTP/2 connection do alike: streams and their windows, the connection's life and its end. */
import type { Socket } from 'node:net';
import type { Headers } from '../http/headers.ts';
import type { Http2Limits } from '../model/model.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import type { BlockRefusal, ConnectionEvents } from './connection-events.ts';
import { writeGoAway, writePing, writeReset } from './control-frames.ts';
import { FrameOutput } from './frame-output.ts';
import { FrameReader } from './frame-reader.ts';
import { type ErrorCode, errorCodes, mostWindow, settingIds } from './frames.ts';
import { HeaderBlockWriter } from './header-block-writer.ts';
import { HpackEncoder } from './hpack/encoder.ts';
import { PeerFrames } from './peer-frames.ts';
import { ReceiveWindow } from './receive-window.ts';
import { RecentIds } from './recent-ids.ts';
import { SendQueue } from './send-queue.ts';
import type { PeerSettings } from './settings.ts';
import type { Http2Stream } from './stream.ts';
import { Turn } from './turn.ts';

const never = Number.POSITIVE_INFINITY;
const keepAliveMs = 60_000;
/** Between two looks at the deadlines of a connection without streams. */
const idleTickMs = 1000;
/** What waits to leave after GOAWAY may stand still for so long. */
const farewellMs = 60_000;
const peaceMs = 10_000;
/** After GOAWAY the peer gets this long to read it. */
const lingerMs = 1000;
/** The table we keep of what we send, where the peer's is as large. */
const encoderBytes = 16384;
/** Streams we reset, of which frames may still be on their way. */
const mostReset = 4096;

export abstract class Http2Connection implements Timed, ConnectionEvents {
  deadline: number;
  readonly socket: Socket;
  readonly limits: Http2Limits;
  readonly deadlines: Deadlines;
  readonly output: FrameOutput;
  readonly streams = new Map<number, Http2Stream>();
  readonly headers: HeaderBlockWriter;
  /** Frames are read and taken seriously. */
  reading = true;
  /** Monotonic time of the last bytes received. */
  lastRead: number;
  /** Since when there are no streams; monotonic milliseconds. */
  quietSince: number;
  /** The peer has taken our SETTINGS: it knows our limits. */
  isKnown = false;
  /** Nothing more is sent. */
  over = false;
  protected readonly frames: PeerFrames;
  readonly #encoder = new HpackEncoder(encoderBytes);
  readonly #reader: FrameReader;
  readonly queue: SendQueue;
  readonly window: ReceiveWindow;
  readonly turn = new Turn();
  readonly #reset = new RecentIds(mostReset);
  #closeAt = never;

  /** `mostFields`: of one header list. `trusted`: an endpoint, or a gateway of ours. */
  constructor(
    socket: Socket,
    limits: Http2Limits,
    mostFields: number,
    deadlines: Deadlines,
    trusted: boolean,
  ) {
    this.socket = socket;
    this.limits = limits;
    this.deadlines = deadlines;
    this.lastRead = deadlines.now;
    this.quietSince = deadlines.now;
    this.output = new FrameOutput(socket, () => this.queue.pump());
    this.queue = new SendQueue(this.output, deadlines);
    this.frames = new PeerFrames(this, limits, mostFields);
    this.headers = new HeaderBlockWriter(this.output, this.#encoder, this.frames.control.peer);
    this.#reader = new FrameReader(this.frames, limits.maxFrameBytes);
    this.window = new ReceiveWindow(this.output, this.streams, limits, deadlines, trusted);
    this.deadline = 0;
    deadlines.add(this);
    // A peer that vanished without a word must not hold its streams for ever.
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('error', () => this.end());
    socket.on('end', () => this.end());
    socket.on('close', () => this.end());
    socket.on('drain', () => {
      this.queue.pump();
      this.output.flush();
      this.outputDrained();
    });
  }

  abstract isIdle(streamId: number): boolean;
  abstract readonly peerIsServer: boolean;
  abstract headersReceived(
    streamId: number,
    headers: Headers,
    endStream: boolean,
    refusal: BlockRefusal,
  ): void;
  abstract peerGoesAway(lastStreamId: number, code: number): void;
  abstract settled(): void;
  abstract settingsChanged(): void;
  abstract pinged(): void;
  /** More than the limits allow, or against the rules: for the log. */
  abstract misbehaved(code: ErrorCode, detail: string): void;
  /** The last stream is gone. */
  protected abstract streamsGone(): void;
  /** No more to come: owners forget it. */
  protected abstract ended(): void;
  protected abstract outputDrained(): void;
  /** A few times a second while there are streams, each second otherwise. */
  protected abstract tick(now: number): void;

  get peer(): PeerSettings {
    return this.frames.control.peer;
  }

  /** The peer has said its SETTINGS. */
  get isSettled(): boolean {
    return this.frames.control.settled;
  }

  /** Our SETTINGS and the connection's window. */
  protected open(settings: readonly (readonly [id: number, value: number])[]): void {
    const { limits } = this;
    this.window.open([
      [settingIds.headerTableSize, limits.headerTableBytes],
      [settingIds.maxFrameSize, limits.maxFrameBytes],
      [settingIds.maxHeaderListSize, limits.maxHeaderListBytes],
      [settingIds.noRfc7540Priorities, 1],
      ...settings,
    ]);
  }

  receive(chunk: Buffer): void {
    this.lastRead = this.deadlines.now;
    this.#reader.push(chunk);
    this.turn.end();
  }

  /** A frame has begun and its rest has not come. */
  protected get partial(): boolean {
    return this.#reader.partial || this.frames.blockOpen;
  }

  protected add(stream: Http2Stream): void {
    stream.sendWindow = this.peer.initialWindow;
    stream.receiveWindow = this.window.streamWindow;
    if (this.streams.size === 0) this.deadline = 0;
    this.streams.set(stream.id, stream);
  }

  sendPing(payload: Buffer): void {
    writePing(this.output, payload, 0, false);
  }

  settingsAcknowledged(): void {
    if (!this.window.acknowledged()) return;
    this.isKnown = true;
    this.frames.acknowledged();
  }

  widen(more: number): boolean {
    for (const stream of this.streams.values()) {
      stream.sendWindow += more;
      if (stream.sendWindow > mostWindow) return false;
      if (more > 0) this.queue.opened(stream);
    }
    return true;
  }

  tableBytes(bytes: number): void {
    this.#encoder.setMaxTableBytes(bytes);
  }

  /** One half of `stream` is over. */
  halfClosed(stream: Http2Stream): void {
    if (!stream.localEnded || !stream.remoteEnded) return;
    if (stream.outlives) stream.keepWhole();
    this.remove(stream);
  }

  /** A stream ended through the peer's fault. */
  strike(): void {
    this.frames.strike();
  }

  /** Ends `stream` without waiting for anybody. */
  resetStream(stream: Http2Stream, code: ErrorCode): void {
    // One that was never opened, or is over for the peer, it knows nothing of.
    if (this.streams.has(stream.id)) this.resetId(stream.id, code);
    this.remove(stream);
  }

  resetId(streamId: number, code: ErrorCode): void {
    writeReset(this.output, streamId, code);
    this.#reset.add(streamId);
  }

  wasReset(streamId: number): boolean {
    return this.#reset.has(streamId);
  }

  remove(stream: Http2Stream): void {
    if (stream.closed) return;
    stream.drop();
    this.queue.remove(stream);
    if (this.streams.delete(stream.id) && this.streams.size === 0) {
      this.quietSince = this.deadlines.now;
      this.streamsGone();
    }
  }

  /** The last stream id of the peer's that was or may be answered. */
  protected abstract get lastPeerStream(): number;

  /** Connection error: says why, breaks off every stream and closes. */
  fail(code: ErrorCode, detail: string): void {
    if (this.over || !this.reading) return;
    this.misbehaved(code, detail);
    this.finish(code, detail);
  }

  /** Says GOAWAY, breaks off what is left and closes in order. */
  finish(code: ErrorCode, detail = ''): void {
    if (this.over || !this.reading) return;
    this.reading = false;
    writeGoAway(this.output, this.lastPeerStream, code, detail);
    this.abortStreams(code, detail);
    this.output.flush();
    this.socket.end();
    // In peace the peer reads what is under way to it and ends the connection itself.
    this.#closeAt = this.deadlines.now + (code === errorCodes.noError ? peaceMs : lingerMs);
    this.deadline = 0;
  }

  protected abortStreams(code: ErrorCode, detail: string): void {
    for (const stream of [...this.streams.values()]) this.lose(stream, code, detail, false);
  }

  lose(stream: Http2Stream, code: ErrorCode, detail: string, unprocessed: boolean): void {
    // A peer's half that is whole here is its listener's, however slowly that reads it (RFC 9113 §8.1).
    const kept = stream.outlives && stream.keepWhole();
    this.remove(stream);
    if (!kept) stream.aborted(code, detail, unprocessed);
  }

  /** The socket is gone, or shall be. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.reading = false;
    this.deadline = never;
    this.deadlines.delete(this);
    this.socket.destroy();
    this.abortStreams(errorCodes.internalError, 'the connection is gone');
    this.ended();
  }

  expired(): void {
    const now = this.deadlines.now;
    // What was said before is on its way; a slow reader's kernel takes it in steps seconds apart.
    const leaves = this.output.queuedBytes > 0 && this.output.stuckSince(now) > now - farewellMs;
    if (now >= this.#closeAt && !leaves) {
      this.end();
      return;
    }
    const lowMark = this.window.tick();
    for (const stream of this.streams.values()) {
      stream.giveCredit(lowMark);
      stream.tick(now);
    }
    const stall = this.limits.stallTimeoutMs;
    if (stall > 0) {
      if (this.queue.stalled(stall, (stream) => this.#stalled(stream)))
        this.fail(errorCodes.enhanceYourCalm, 'nothing could be sent for too long');
      if (this.output.stuckSince(now) <= now - stall) {
        this.end();
        return;
      }
    }
    if (!this.over && this.reading) this.tick(now);
    if (!this.over) this.deadline = this.streams.size > 0 ? now : now + idleTickMs;
  }

  #stalled(stream: Http2Stream): void {
    this.resetStream(stream, errorCodes.cancel);
    stream.stalled();
  }
}
