/** Encodes a header block straight into the connection's output, split into CONTINUATION frames where it is long. */
import { type Headers, stride } from '../http/headers.ts';
import type { FrameOutput } from './frame-output.ts';
import { slabBytes } from './frame-output.ts';
import { END_HEADERS, END_STREAM, frameTypes, headBytes, writeFrameHead } from './frames.ts';
import type { HpackEncoder } from './hpack/encoder.ts';
import type { PeerSettings } from './settings.ts';
import type { Http2Stream } from './stream.ts';

/** Most that the encoder writes around a name and a value. */
const perField = 16;
/** Pseudo-header fields and table size updates. */
const extra = 64;

/** Room that `headers` may need; add what comes besides. */
export function roomFor(headers: Headers): number {
  let bytes = 0;
  for (let i = 0; i < headers.length; i += stride) {
    bytes += (headers[i] as string).length + (headers[i + 1] as string).length + perField;
  }
  return bytes;
}

export class HeaderBlockWriter {
  readonly #output: FrameOutput;
  readonly #encoder: HpackEncoder;
  readonly #peer: PeerSettings;
  #slab: Buffer | undefined;
  #at = 0;

  constructor(output: FrameOutput, encoder: HpackEncoder, peer: PeerSettings) {
    this.#output = output;
    this.#encoder = encoder;
    this.#peer = peer;
  }

  /** Starts a block of at most `room` bytes of fields; false when no block may be that long. `end` must follow. */
  begin(room: number): boolean {
    const parts = 1 + Math.floor((room + extra) / this.#peer.maxFrameBytes);
    const most = room + extra + parts * headBytes;
    if (most > slabBytes) return false;
    this.#slab = this.#output.reserve(most);
    this.#at = this.#encoder.begin(this.#slab, this.#output.at + headBytes);
    return true;
  }

  field(name: string, value: string): void {
    this.#at = this.#encoder.field(name, value, this.#slab as Buffer, this.#at);
  }

  /** A whole block without pseudo-header fields, which ends the stream; false when it is too long. */
  trailers(stream: Http2Stream, headers: Headers): boolean {
    if (!this.begin(roomFor(headers))) return false;
    for (let i = 0; i < headers.length; i += stride)
      this.field(headers[i] as string, headers[i + 1] as string);
    this.end(stream, true);
    return true;
  }

  end(stream: Http2Stream, endStream: boolean): void {
    const output = this.#output;
    const slab = this.#slab as Buffer;
    const start = output.at;
    const length = this.#at - start - headBytes;
    const most = this.#peer.maxFrameBytes;
    const flags = endStream ? END_STREAM : 0;
    if (length <= most) {
      writeFrameHead(slab, start, length, frameTypes.headers, flags | END_HEADERS, stream.id);
      output.at = this.#at;
    } else {
      writeFrameHead(slab, start, most, frameTypes.headers, flags, stream.id);
      output.at = continued(slab, start + headBytes + most, this.#at, most, stream.id);
    }
    stream.frameAt(start);
  }
}

/** Puts the head of a CONTINUATION frame before each `most` bytes of slab[from, to); returns the new end. */
function continued(slab: Buffer, from: number, to: number, most: number, id: number): number {
  let at = from;
  let end = to;
  for (;;) {
    slab.copyWithin(at + headBytes, at, end);
    end += headBytes;
    const length = Math.min(most, end - at - headBytes);
    const last = at + headBytes + length === end;
    writeFrameHead(slab, at, length, frameTypes.continuation, last ? END_HEADERS : 0, id);
    at += headBytes + length;
    if (last) return end;
  }
}
