/** Decoder of the chunked transfer coding (RFC 9112 §7.1), fed with whatever pieces arrive. */
import type { Headers } from '../http/headers.ts';
import { bareLineEnd, parseTrailers } from './parse-head.ts';

/** What the decoder found; `data` may run many times before `end`. */
export interface ChunkedSink {
  chunkedData(data: Buffer): void;
  chunkedEnd(trailers: Headers | undefined): void;
}

const CR = 13;
const LF = 10;
/** Hex digits of a size: 2^52 bytes are enough for anybody, and no sum overflows. */
const maxSizeDigits = 13;
/** A chunk-size line with its extensions. Extensions are read over and dropped. */
const maxLineBytes = 4096;
const maxTrailerBytes = 16384;
const maxTrailerFields = 64;

const size = 0;
const extension = 1;
const sizeLf = 2;
const data = 3;
const dataCr = 4;
const dataLf = 5;
const trailer = 6;
const done = 7;

export class ChunkedDecoder {
  #state: number = size;
  #remaining = 0;
  #digits = 0;
  #line = 0;
  #trailer = '';
  readonly #sink: ChunkedSink;

  constructor(sink: ChunkedSink) {
    this.#sink = sink;
  }

  get ended(): boolean {
    return this.#state === done;
  }

  /** Takes bytes from `at`; returns how far it read (the body may end before the buffer does), or -1 when malformed. */
  write(buffer: Buffer, at: number): number {
    const length = buffer.length;
    while (at < length) {
      switch (this.#state) {
        case data: {
          const end = Math.min(length, at + this.#remaining);
          this.#remaining -= end - at;
          if (this.#remaining === 0) this.#state = dataCr;
          const piece = at === 0 && end === length ? buffer : buffer.subarray(at, end);
          at = end;
          this.#sink.chunkedData(piece);
          break;
        }
        case size: {
          const byte = buffer[at++] as number;
          const digit = hexDigit(byte);
          if (digit >= 0) {
            if (++this.#digits > maxSizeDigits) return -1;
            this.#remaining = this.#remaining * 16 + digit;
          } else if (this.#digits === 0) return -1;
          else if (byte === CR) this.#state = sizeLf;
          else if (byte === 0x3b) {
            this.#state = extension;
            this.#line = 0;
          } else return -1;
          break;
        }
        case extension: {
          const byte = buffer[at++] as number;
          if (byte === CR) this.#state = sizeLf;
          else if (++this.#line > maxLineBytes || (byte < 32 && byte !== 9) || byte === 127) return -1;
          break;
        }
        case sizeLf: {
          if (buffer[at++] !== LF) return -1;
          this.#digits = 0;
          this.#state = this.#remaining === 0 ? trailer : data;
          break;
        }
        case dataCr: {
          if (buffer[at++] !== CR) return -1;
          this.#state = dataLf;
          break;
        }
        case dataLf: {
          if (buffer[at++] !== LF) return -1;
          this.#state = size;
          break;
        }
        case trailer: {
          at = this.#readTrailer(buffer, at);
          if (at < 0 || this.ended) return at;
          break;
        }
        default:
          return at;
      }
    }
    return at;
  }

  /** Collects the trailer section up to its empty line. Almost always that line is all there is. */
  #readTrailer(buffer: Buffer, at: number): number {
    const before = this.#trailer.length;
    // Only as much as could still be ours is copied, whatever follows the body.
    const text =
      this.#trailer +
      buffer.toString('latin1', at, Math.min(buffer.length, at + maxTrailerBytes + 4 - before));
    let end: number;
    if (text.startsWith('\r\n')) end = 0;
    else {
      const found = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
      end = found < 0 ? -1 : found + 2;
    }
    if (end < 0) {
      // Nothing hopeless waits for its deadline.
      if (bareLineEnd.test(text)) return -1;
      if (text.length > maxTrailerBytes) return -1;
      this.#trailer = text;
      return buffer.length;
    }
    this.#state = done;
    if (end === 0) this.#sink.chunkedEnd(undefined);
    else {
      const trailers = parseTrailers(text.slice(0, end), maxTrailerFields);
      if (trailers === undefined) return -1;
      this.#sink.chunkedEnd(trailers);
    }
    return at + end + 2 - before;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 97 && byte <= 102) return byte - 87;
  if (byte >= 65 && byte <= 70) return byte - 55;
  return -1;
}
