/** The peer's frames one by one: header blocks and DATA for its streams, and the rest for the reader of control frames. */
import type { Headers } from '../http/headers.ts';
import type { Http2Limits } from '../model/model.ts';
import type { ConnectionEvents } from './connection-events.ts';
import { ControlReader } from './control-reader.ts';
import { type Fault, fault } from './faults.ts';
import type { FrameHandler } from './frame-reader.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  errorCodes,
  frameTypes,
  PADDED,
  PRIORITY,
  readUint32,
} from './frames.ts';
import { HeaderBlocks } from './header-blocks.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import type { Http2Stream } from './stream.ts';

const { protocolError, frameSizeError, flowControlError, streamClosed, enhanceYourCalm } = errorCodes;

export class PeerFrames implements FrameHandler {
  readonly control: ControlReader;
  /** Frames and header blocks that came to their end: tells one that is slow from many that are quick. */
  completed = 0;
  readonly #connection: ConnectionEvents;
  readonly #mostListBytes: number;
  readonly #mostFields: number;
  readonly #decoder: HpackDecoder;
  readonly #blocks: HeaderBlocks;
  /** The stream of the DATA frame that is coming in; undefined when its data is nobody's. */
  #stream: Http2Stream | undefined;
  #endsStream = false;
  #length = 0;

  /** `mostFields`: of one header list. */
  constructor(connection: ConnectionEvents, limits: Http2Limits, mostFields: number) {
    this.#connection = connection;
    this.#mostListBytes = limits.maxHeaderListBytes;
    this.#mostFields = mostFields;
    this.control = new ControlReader(connection, limits);
    this.#decoder = new HpackDecoder(limits.headerTableBytes);
    this.#blocks = new HeaderBlocks(2 * limits.maxHeaderListBytes, limits.maxContinuationFrames);
  }

  get reading(): boolean {
    return this.#connection.reading;
  }

  /** A header block has begun and its end has not come. */
  get blockOpen(): boolean {
    return this.#blocks.open;
  }

  /** The peer has taken our SETTINGS. */
  acknowledged(): void {
    this.#decoder.acknowledged();
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    this.#settle(this.#unexpected(type, flags) ?? this.#take(type, flags, id, bytes, from, to));
    if (!this.#blocks.open) this.completed++;
  }

  #take(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): Fault | undefined {
    if (type === frameTypes.headers) return this.#headers(flags, id, bytes, from, to);
    if (type === frameTypes.continuation) return this.#continuation(flags, id, bytes, from, to);
    return this.control.take(type, flags, id, bytes, from, to);
  }

  /** The first frame is SETTINGS, and nothing comes between the pieces of a header block. */
  #unexpected(type: number, flags: number): Fault | undefined {
    if (!this.control.settled && (type !== frameTypes.settings || (flags & ACK) !== 0))
      return fault(protocolError, 'the first frame must be SETTINGS');
    if (this.#blocks.open && type !== frameTypes.continuation)
      return fault(protocolError, 'a frame between HEADERS and its CONTINUATION');
    return undefined;
  }

  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): Fault | undefined {
    if (id === 0) return fault(protocolError, 'HEADERS without a stream');
    let from = start;
    let to = end;
    if ((flags & PADDED) !== 0) {
      to -= from < to ? (bytes[from] as number) : 1;
      from++;
    }
    let selfDependent = false;
    if ((flags & PRIORITY) !== 0) {
      if (to - from < 5) return fault(frameSizeError, 'HEADERS too short for its priority');
      selfDependent = (readUint32(bytes, from) & 0x7fffffff) === id;
      from += 5;
    }
    if (from > to) return fault(protocolError, 'padding longer than its frame');
    const frame = this.#blocks.frame;
    frame.streamId = id;
    frame.endStream = (flags & END_STREAM) !== 0;
    frame.selfDependent = selfDependent;
    if ((flags & END_HEADERS) !== 0) return this.#block(bytes, from, to);
    if (!this.#blocks.begin(bytes, from, to)) return fault(enhanceYourCalm, 'a header block without end');
    return from === to ? this.control.useless() : undefined;
  }

  #continuation(flags: number, id: number, bytes: Buffer, from: number, to: number): Fault | undefined {
    if (!this.#blocks.open || id !== this.#blocks.frame.streamId)
      return fault(protocolError, 'CONTINUATION of nothing');
    if (!this.#blocks.append(bytes, from, to)) return fault(enhanceYourCalm, 'a header block without end');
    if ((flags & END_HEADERS) === 0) return undefined;
    const block = this.#blocks.end();
    return this.#block(block, 0, block.length);
  }

  /** A whole header block: decoded whatever becomes of its stream, for the table's sake. */
  #block(bytes: Buffer, from: number, to: number): Fault | undefined {
    const { streamId, endStream, selfDependent } = this.#blocks.frame;
    const headers: Headers = [];
    this.control.streamFrames++;
    const result = this.#decoder.decode(bytes, from, to, headers, this.#mostListBytes, this.#mostFields);
    if (result === 'compression')
      return fault(errorCodes.compressionError, 'a header block that is no HPACK');
    const refusal = result !== 'ok' ? result : selfDependent ? 'malformed' : undefined;
    this.#connection.headersReceived(streamId, headers, endStream, refusal);
    return undefined;
  }

  dataBegin(id: number, flags: number, length: number): void {
    this.#stream = undefined;
    this.#endsStream = (flags & END_STREAM) !== 0;
    this.#length = length;
    this.completed++;
    this.#settle(this.#unexpected(frameTypes.data, flags) ?? this.#beginData(id, length));
  }

  #beginData(id: number, length: number): Fault | undefined {
    const connection = this.#connection;
    if (id === 0 || connection.isIdle(id)) return fault(protocolError, 'DATA without a stream');
    if (!connection.window.received(length))
      return fault(flowControlError, 'more DATA than the window allows');
    const stream = connection.streams.get(id);
    if (stream === undefined)
      return connection.wasReset(id) ? undefined : fault(streamClosed, 'DATA on a stream that is over');
    if (stream.remoteEnded)
      return this.control.violation(stream, streamClosed, 'DATA after the end of the stream');
    stream.receiveWindow -= length;
    // An empty frame needs no window (RFC 9113 §6.9), and a window may be negative after SETTINGS made it smaller.
    if (length > 0 && stream.receiveWindow < 0)
      return this.control.violation(stream, flowControlError, 'more DATA than its window allows');
    this.#stream = stream;
    this.control.streamFrames++;
    return length === 0 && !this.#endsStream ? this.control.useless() : undefined;
  }

  dataPiece(piece: Buffer): void {
    const stream = this.#stream;
    if (stream === undefined || stream.closed) this.#connection.window.consumed(piece.length);
    else stream.receive(piece);
  }

  dataEnd(padding: number): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (padding > 0) {
      this.#connection.window.consumed(padding);
      if (padding === this.#length && !this.#endsStream) this.#settle(this.control.useless());
    }
    if (stream === undefined || stream.closed) return;
    if (padding > 0) stream.creditPadding(padding);
    if (this.#endsStream) stream.receiveEnd(undefined);
  }

  frameTooLarge(type: number, length: number): void {
    this.#settle(fault(frameSizeError, `a frame of ${length} bytes (type ${type})`));
  }

  badPadding(): void {
    this.#settle(fault(protocolError, 'padding longer than its frame'));
  }

  /** A stream ended through the peer's fault. */
  strike(): void {
    this.#settle(this.control.strike());
  }

  #settle(found: Fault | undefined): void {
    if (found !== undefined) this.#connection.fail(found.code, found.detail);
  }
}
