/** Splits received bytes into frames. DATA is passed on as it comes; every other frame is whole before anybody sees it. */
import { frameTypes, headBytes, PADDED, readUint32 } from './frames.ts';

export interface FrameHandler {
  /** False once the connection is over: nothing more is read. */
  readonly reading: boolean;
  /** A whole frame other than DATA: its payload is bytes[from, to), valid only until this returns. */
  frame(type: number, flags: number, streamId: number, bytes: Buffer, from: number, to: number): void;
  /** A DATA frame of `length` flow-controlled bytes begins. */
  dataBegin(streamId: number, flags: number, length: number): void;
  /** A part of its data; valid only until this returns. */
  dataPiece(piece: Buffer): void;
  /** Its last byte was read; `padding`: how much of it was no data. */
  dataEnd(padding: number): void;
  /** More bytes than we said we would take. */
  frameTooLarge(type: number, length: number): void;
  /** Padding longer than the frame (RFC 9113 §6.1). */
  badPadding(): void;
}

const none = Buffer.alloc(0);

export class FrameReader {
  readonly #handler: FrameHandler;
  /** Largest payload we said we take. */
  readonly #mostBytes: number;
  /** A frame whose end has not come: its head and what there is of its payload. */
  #kept: Buffer = none;
  #keptBytes = 0;
  /** Inside a DATA frame: bytes of data and of padding to come. */
  #inData = false;
  #data = 0;
  #padding = 0;
  #padded = false;
  #awaitsPadding = false;
  #paddingLeft = 0;

  constructor(handler: FrameHandler, mostBytes: number) {
    this.#handler = handler;
    this.#mostBytes = mostBytes;
  }

  /** A frame other than DATA has begun and not ended. */
  get partial(): boolean {
    return this.#keptBytes > 0;
  }

  push(chunk: Buffer): void {
    const handler = this.#handler;
    const end = chunk.length;
    let at = 0;
    while (handler.reading && at < end) {
      if (this.#inData) at = this.#feedData(chunk, at);
      else if (this.#keptBytes > 0) at = this.#complete(chunk, at);
      else if (end - at < headBytes) at = this.#keep(chunk, at, headBytes);
      else {
        const length = frameLength(chunk, at);
        const type = chunk[at + 3] as number;
        if (length > this.#mostBytes) {
          handler.frameTooLarge(type, length);
          return;
        }
        const from = at + headBytes;
        const to = from + length;
        if (type === frameTypes.data) {
          this.#beginData(chunk, at, length);
          at = from;
        } else if (to > end) at = this.#keep(chunk, at, headBytes + length);
        else {
          const id = readUint32(chunk, at + 5) & 0x7fffffff;
          handler.frame(type, chunk[at + 4] as number, id, chunk, from, to);
          at = to;
        }
      }
    }
  }

  /** Copies what there is of a frame of `bytes` bytes: the memory it came in is read into again. */
  #keep(chunk: Buffer, at: number, bytes: number): number {
    this.#kept = Buffer.allocUnsafe(bytes);
    this.#keptBytes = chunk.copy(this.#kept, 0, at);
    return chunk.length;
  }

  /** Adds to the kept frame, first its head and then the rest. */
  #complete(chunk: Buffer, at: number): number {
    if (this.#kept.length === headBytes) {
      const copied = chunk.copy(this.#kept, this.#keptBytes, at, at + headBytes - this.#keptBytes);
      this.#keptBytes += copied;
      if (this.#keptBytes < headBytes) return at + copied;
      const head = this.#kept;
      const length = frameLength(head, 0);
      const type = head[3] as number;
      if (length > this.#mostBytes) {
        this.#handler.frameTooLarge(type, length);
      } else if (type === frameTypes.data) {
        this.#keptBytes = 0;
        this.#beginData(head, 0, length);
      } else {
        this.#kept = Buffer.allocUnsafe(headBytes + length);
        head.copy(this.#kept);
        if (length === 0) this.#whole();
      }
      return at + copied;
    }
    const copied = chunk.copy(this.#kept, this.#keptBytes, at);
    this.#keptBytes += copied;
    if (this.#keptBytes === this.#kept.length) this.#whole();
    return at + copied;
  }

  #whole(): void {
    const frame = this.#kept;
    this.#kept = none;
    this.#keptBytes = 0;
    const id = readUint32(frame, 5) & 0x7fffffff;
    this.#handler.frame(frame[3] as number, frame[4] as number, id, frame, headBytes, frame.length);
  }

  #beginData(head: Buffer, at: number, length: number): void {
    const flags = head[at + 4] as number;
    this.#inData = true;
    this.#data = length;
    this.#padding = 0;
    this.#paddingLeft = 0;
    this.#padded = (flags & PADDED) !== 0;
    this.#awaitsPadding = this.#padded;
    this.#handler.dataBegin(readUint32(head, at + 5) & 0x7fffffff, flags, length);
    if (length > 0) return;
    if (this.#padded) this.#handler.badPadding();
    else this.#endData();
  }

  #feedData(chunk: Buffer, start: number): number {
    let at = start;
    if (this.#awaitsPadding) {
      this.#awaitsPadding = false;
      this.#padding = chunk[at++] as number;
      this.#data -= 1 + this.#padding;
      if (this.#data < 0) {
        this.#handler.badPadding();
        return chunk.length;
      }
      this.#paddingLeft = this.#padding;
    }
    if (this.#data > 0) {
      const to = Math.min(chunk.length, at + this.#data);
      if (to > at) {
        this.#data -= to - at;
        this.#handler.dataPiece(at === 0 && to === chunk.length ? chunk : chunk.subarray(at, to));
        at = to;
      }
    }
    if (this.#data === 0) {
      const skipped = Math.min(chunk.length - at, this.#paddingLeft);
      this.#paddingLeft -= skipped;
      at += skipped;
      if (this.#paddingLeft === 0) this.#endData();
    }
    return at;
  }

  #endData(): void {
    this.#inData = false;
    this.#handler.dataEnd(this.#padded ? this.#padding + 1 : 0);
  }
}

function frameLength(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}
