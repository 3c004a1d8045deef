/** A message body as it comes off the wire: counted, chunked, or until the peer closes. */
import type { Headers } from '../http/headers.ts';
import { ChunkedDecoder, type ChunkedSink } from './chunked.ts';
import { CHUNKED, UNTIL_CLOSE } from './framing.ts';

export interface DecodedBody {
  bodyPiece(chunk: Buffer): void;
  bodyWhole(trailers: Headers | undefined): void;
}

export class BodyDecoder implements ChunkedSink {
  readonly #owner: DecodedBody;
  readonly #chunked: ChunkedDecoder | undefined;
  #remaining: number;
  ended = false;

  /** `framing`: bytes (more than 0), CHUNKED or UNTIL_CLOSE. */
  constructor(framing: number, owner: DecodedBody) {
    this.#owner = owner;
    this.#chunked = framing === CHUNKED ? new ChunkedDecoder(this) : undefined;
    this.#remaining = framing === UNTIL_CLOSE ? Number.POSITIVE_INFINITY : framing;
  }

  get untilClose(): boolean {
    return this.#remaining === Number.POSITIVE_INFINITY;
  }

  /** Reads from `at`; returns how far it got, or -1 when the framing is malformed. */
  write(buffer: Buffer, at: number): number {
    if (this.#chunked !== undefined) return this.#chunked.write(buffer, at);
    const end = Math.min(buffer.length, at + this.#remaining);
    this.#remaining -= end - at;
    if (end > at)
      this.#owner.bodyPiece(at === 0 && end === buffer.length ? buffer : buffer.subarray(at, end));
    if (this.#remaining === 0) this.#end(undefined);
    return end;
  }

  /** The peer closed: the end of a close-delimited body, a truncation of any other. False: truncated. */
  close(): boolean {
    if (this.ended) return true;
    if (!this.untilClose) return false;
    this.#end(undefined);
    return true;
  }

  chunkedData(piece: Buffer): void {
    this.#owner.bodyPiece(piece);
  }

  chunkedEnd(trailers: Headers | undefined): void {
    this.#end(trailers);
  }

  #end(trailers: Headers | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.#owner.bodyWhole(trailers);
  }
}
