/** The peer's frames one by one, checked against RFC 9113 and the limits, and what each of them means. */
import type { Headers } from '../http/headers.ts';
import type { Http2Limits } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import { writePing, writeSettingsAck } from './control-frames.ts';
import type { FrameOutput } from './frame-output.ts';
import type { FrameHandler } from './frame-reader.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  type ErrorCode,
  errorCodes,
  frameTypes,
  mostWindow,
  PADDED,
  PRIORITY,
  readUint32,
} from './frames.ts';
import { HeaderBlocks } from './header-blocks.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { Rate } from './rate.ts';
import { PeerSettings, readSettings, settingBytes } from './settings.ts';
import type { Http2Stream } from './stream.ts';

const { protocolError, frameSizeError, flowControlError, streamClosed, enhanceYourCalm } = errorCodes;

/** The connection whose frames these are. */
export interface ConnectionEvents {
  readonly reading: boolean;
  readonly deadlines: Deadlines;
  readonly output: FrameOutput;
  readonly streams: ReadonlyMap<number, Http2Stream>;
  readonly peerIsServer: boolean;
  isIdle(streamId: number): boolean;
  wasReset(streamId: number): boolean;
  /** `refusal`: the stream breaks the rules, or its list is too large; the headers are then not whole. */
  headersReceived(
    streamId: number,
    headers: Headers,
    endStream: boolean,
    refusal: ErrorCode | 'too-large' | undefined,
  ): void;
  peerGoesAway(lastStreamId: number, code: number): void;
  settled(): void;
  settingsAcknowledged(): void;
  pinged(): void;
  tableBytes(bytes: number): void;
  widen(more: number, most: number): boolean;
  widenConnection(more: number, most: number): boolean;
  windowOpened(stream: Http2Stream): void;
  received(bytes: number): boolean;
  consumed(bytes: number): void;
  resetStream(stream: Http2Stream, code: ErrorCode): void;
  resetId(streamId: number, code: ErrorCode): void;
  remove(stream: Http2Stream): void;
  fail(code: ErrorCode, detail: string): void;
}

export class PeerFrames implements FrameHandler {
  readonly peer = new PeerSettings();
  readonly #connection: ConnectionEvents;
  readonly #limits: Http2Limits;
  readonly #mostFields: number;
  readonly #decoder: HpackDecoder;
  readonly #blocks: HeaderBlocks;
  readonly #resets: Rate;
  readonly #settings: Rate;
  readonly #pings: Rate;
  readonly #idle: Rate;
  /** Frames and header blocks that came to their end: tells one that is slow from many that are quick. */
  completed = 0;
  #settled = false;
  /** The stream of the DATA frame that is coming in; undefined when its data is nobody's. */
  #stream: Http2Stream | undefined;
  #endsStream = false;
  #length = 0;

  constructor(connection: ConnectionEvents, limits: Http2Limits, mostFields: number) {
    this.#mostFields = mostFields;
    this.#connection = connection;
    this.#limits = limits;
    this.#decoder = new HpackDecoder(limits.headerTableBytes);
    this.#blocks = new HeaderBlocks(limits.maxHeaderListBytes, limits.maxContinuationFrames);
    this.#resets = new Rate(limits.maxResetsPerSecond);
    this.#settings = new Rate(limits.maxSettingsPerSecond);
    this.#pings = new Rate(limits.maxPingsPerSecond);
    this.#idle = new Rate(limits.maxEmptyFramesPerSecond);
  }

  get reading(): boolean {
    return this.#connection.reading;
  }

  /** A header block has begun and its end has not come. */
  get blockOpen(): boolean {
    return this.#blocks.open;
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (!this.#expected(type, flags)) return;
    this.#take(type, flags, id, bytes, from, to);
    if (!this.#blocks.open) this.completed++;
  }

  #take(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    switch (type) {
      case frameTypes.headers:
        return this.#headers(flags, id, bytes, from, to);
      case frameTypes.windowUpdate:
        return this.#windowUpdate(id, bytes, from, to);
      case frameTypes.rstStream:
        return this.#rstStream(id, bytes, from, to);
      case frameTypes.settings:
        return this.#takeSettings(flags, id, bytes, from, to);
      case frameTypes.ping:
        return this.#ping(flags, id, bytes, from, to);
      case frameTypes.goAway:
        return this.#goAway(id, bytes, from, to);
      case frameTypes.continuation:
        return this.#continuation(flags, id, bytes, from, to);
      case frameTypes.priority:
        return this.#priority(id, bytes, from, to);
      case frameTypes.pushPromise:
        return this.#fail(protocolError, 'PUSH_PROMISE, which nobody allowed');
      default:
        return this.#useless();
    }
  }

  /** The first frame is SETTINGS, and nothing comes between the pieces of a header block. */
  #expected(type: number, flags: number): boolean {
    if (!this.#settled && (type !== frameTypes.settings || (flags & ACK) !== 0)) {
      this.#fail(protocolError, 'the first frame must be SETTINGS');
    } else if (this.#blocks.open && type !== frameTypes.continuation) {
      this.#fail(protocolError, 'a frame between HEADERS and its CONTINUATION');
    } else return true;
    return false;
  }

  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0) return this.#fail(protocolError, 'HEADERS without a stream');
    let from = start;
    let to = end;
    if ((flags & PADDED) !== 0) {
      to -= from < to ? (bytes[from] as number) : 1;
      from++;
    }
    let selfDependent = false;
    if ((flags & PRIORITY) !== 0) {
      if (to - from < 5) return this.#fail(frameSizeError, 'HEADERS too short for its priority');
      selfDependent = (readUint32(bytes, from) & 0x7fffffff) === id;
      from += 5;
    }
    if (from > to) return this.#fail(protocolError, 'padding longer than its frame');
    const frame = this.#blocks.frame;
    frame.streamId = id;
    frame.endStream = (flags & END_STREAM) !== 0;
    frame.selfDependent = selfDependent;
    if ((flags & END_HEADERS) !== 0) this.#block(bytes, from, to);
    else {
      if (from === to) this.#useless();
      if (!this.#blocks.begin(bytes, from, to)) this.#fail(enhanceYourCalm, 'a header block without end');
    }
  }

  #continuation(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (!this.#blocks.open || id !== this.#blocks.frame.streamId)
      return this.#fail(protocolError, 'CONTINUATION of nothing');
    if (!this.#blocks.append(bytes, from, to))
      return this.#fail(enhanceYourCalm, 'a header block without end');
    if ((flags & END_HEADERS) === 0) return;
    const block = this.#blocks.end();
    this.#block(block, 0, block.length);
  }

  /** A whole header block: decoded whatever becomes of its stream, for the table's sake. */
  #block(bytes: Buffer, from: number, to: number): void {
    const { streamId, endStream, selfDependent } = this.#blocks.frame;
    const headers: Headers = [];
    const result = this.#decoder.decode(
      bytes,
      from,
      to,
      headers,
      this.#limits.maxHeaderListBytes,
      this.#mostFields,
    );
    if (result === 'compression')
      return this.#fail(errorCodes.compressionError, 'a header block that is no HPACK');
    const refusal =
      result === 'too-large'
        ? 'too-large'
        : result === 'malformed' || selfDependent
          ? protocolError
          : undefined;
    this.#connection.headersReceived(streamId, headers, endStream, refusal);
  }

  dataBegin(id: number, flags: number, length: number): void {
    const connection = this.#connection;
    this.#stream = undefined;
    this.#endsStream = (flags & END_STREAM) !== 0;
    this.completed++;
    this.#length = length;
    if (!this.#expected(frameTypes.data, flags)) return;
    if (id === 0 || connection.isIdle(id)) return this.#fail(protocolError, 'DATA without a stream');
    if (!connection.received(length)) return this.#fail(flowControlError, 'more DATA than the window allows');
    if (length === 0 && !this.#endsStream) this.#useless();
    const stream = connection.streams.get(id);
    if (stream === undefined) {
      if (!connection.wasReset(id)) this.#fail(streamClosed, 'DATA on a stream that is over');
    } else if (stream.remoteEnded) this.#violation(stream, streamClosed, 'DATA after the end of the stream');
    else {
      stream.receiveWindow -= length;
      if (stream.receiveWindow < 0)
        this.#violation(stream, flowControlError, 'more DATA than its window allows');
      else this.#stream = stream;
    }
  }

  dataPiece(piece: Buffer): void {
    const stream = this.#stream;
    if (stream === undefined || stream.closed) this.#connection.consumed(piece.length);
    else stream.receive(piece);
  }

  dataEnd(padding: number): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (padding > 0) this.#connection.consumed(padding);
    if (padding > 0 && padding === this.#length && !this.#endsStream) this.#useless();
    if (stream === undefined || stream.closed) return;
    if (padding > 0) stream.creditPadding(padding);
    if (this.#endsStream) stream.receiveEnd(undefined);
  }

  frameTooLarge(type: number, length: number): void {
    this.#fail(frameSizeError, `a frame of ${length} bytes (type ${type})`);
  }

  badPadding(): void {
    this.#fail(protocolError, 'padding longer than its frame');
  }

  #windowUpdate(id: number, bytes: Buffer, from: number, to: number): void {
    const connection = this.#connection;
    if (to - from !== 4) return this.#fail(frameSizeError, 'WINDOW_UPDATE of a wrong length');
    const more = readUint32(bytes, from) & 0x7fffffff;
    if (id === 0) {
      if (more === 0) this.#fail(protocolError, 'WINDOW_UPDATE by nothing');
      else if (!connection.widenConnection(more, mostWindow))
        this.#fail(flowControlError, 'the window overflows');
      return;
    }
    if (connection.isIdle(id)) return this.#fail(protocolError, 'WINDOW_UPDATE without a stream');
    const stream = connection.streams.get(id);
    if (stream === undefined) return;
    stream.sendWindow += more;
    if (more === 0) this.#violation(stream, protocolError, 'WINDOW_UPDATE by nothing');
    else if (stream.sendWindow > mostWindow)
      this.#violation(stream, flowControlError, 'its window overflows');
    else connection.windowOpened(stream);
  }

  #rstStream(id: number, bytes: Buffer, from: number, to: number): void {
    const connection = this.#connection;
    if (to - from !== 4) return this.#fail(frameSizeError, 'RST_STREAM of a wrong length');
    if (id === 0 || connection.isIdle(id)) return this.#fail(protocolError, 'RST_STREAM without a stream');
    const stream = connection.streams.get(id);
    if (this.#tooMany(this.#resets) || stream === undefined) return;
    const code = readUint32(bytes, from) as ErrorCode;
    connection.remove(stream);
    stream.aborted(code, '', code === errorCodes.refusedStream);
  }

  #takeSettings(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const connection = this.#connection;
    if (id !== 0) return this.#fail(protocolError, 'SETTINGS on a stream');
    if ((flags & ACK) !== 0) {
      if (to > from) this.#fail(frameSizeError, 'an acknowledgement with settings');
      else connection.settingsAcknowledged();
      return;
    }
    if ((to - from) % settingBytes !== 0) return this.#fail(frameSizeError, 'SETTINGS of a wrong length');
    if (this.#tooMany(this.#settings)) return;
    const peer = this.peer;
    const window = peer.initialWindow;
    const error = readSettings(bytes, from, to, (setting, value) =>
      peer.take(setting, value, connection.peerIsServer),
    );
    if (error !== undefined) return this.#fail(error, 'a setting with a value that is not allowed');
    connection.tableBytes(peer.headerTableBytes);
    const more = peer.initialWindow - window;
    if (more !== 0 && !connection.widen(more, mostWindow))
      return this.#fail(flowControlError, 'a window overflows');
    writeSettingsAck(connection.output);
    if (this.#settled) return;
    this.#settled = true;
    connection.settled();
  }

  #ping(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (id !== 0) return this.#fail(protocolError, 'PING on a stream');
    if (to - from !== 8) return this.#fail(frameSizeError, 'PING of a wrong length');
    if ((flags & ACK) !== 0) this.#connection.pinged();
    else if (!this.#tooMany(this.#pings)) writePing(this.#connection.output, bytes, from, true);
  }

  #goAway(id: number, bytes: Buffer, from: number, to: number): void {
    if (id !== 0) return this.#fail(protocolError, 'GOAWAY on a stream');
    if (to - from < 8) return this.#fail(frameSizeError, 'GOAWAY of a wrong length');
    this.#connection.peerGoesAway(readUint32(bytes, from) & 0x7fffffff, readUint32(bytes, from + 4));
  }

  /** Priorities mean nothing to us (RFC 9113 §5.3.2); nonsense is refused all the same. */
  #priority(id: number, bytes: Buffer, from: number, to: number): void {
    if (id === 0) return this.#fail(protocolError, 'PRIORITY without a stream');
    const selfDependent = to - from === 5 && (readUint32(bytes, from) & 0x7fffffff) === id;
    this.#useless();
    if (to - from === 5 && !selfDependent) return;
    const stream = this.#connection.streams.get(id);
    const code = selfDependent ? protocolError : frameSizeError;
    if (stream === undefined) this.#connection.resetId(id, code);
    else this.#violation(stream, code, 'a PRIORITY that makes no sense');
  }

  /** The stream breaks the rules: it ends, the connection goes on, unless this happens too often. */
  #violation(stream: Http2Stream, code: ErrorCode, detail: string): void {
    this.#connection.resetStream(stream, code);
    stream.violated(detail);
    this.strike();
  }

  /** The peer has taken our SETTINGS. */
  acknowledged(): void {
    this.#decoder.acknowledged();
  }

  /** Counts a stream that ended through the peer's fault. */
  strike(): void {
    this.#tooMany(this.#resets);
  }

  /** Counts a frame that does nothing. */
  #useless(): void {
    this.#tooMany(this.#idle);
  }

  #tooMany(rate: Rate): boolean {
    if (!rate.exceeded(this.#connection.deadlines.now)) return false;
    this.#fail(enhanceYourCalm, 'too much of the same');
    return true;
  }

  #fail(code: ErrorCode, detail: string): void {
    this.#connection.fail(code, detail);
  }
}
