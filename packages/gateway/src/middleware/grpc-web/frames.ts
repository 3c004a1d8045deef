/** Frames of gRPC bodies: where one ends, and the one that gRPC-Web's trailers travel in. */
import { type Headers, stride } from '../../http/headers.ts';

/** A flag and four bytes of length. */
const prefixBytes = 5;
const trailerFlag = 0x80;

/** Follows a body from frame to frame. */
export class FrameTracker {
  #prefix = 0;
  #length = 0;
  #left = 0;

  /** No frame has begun that has not ended. */
  get between(): boolean {
    return this.#prefix === 0 && this.#left === 0;
  }

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      // The first byte is flags; not shifted, for lengths go up to 2^32.
      if (this.#prefix > 0) this.#length = this.#length * 256 + (chunk[at] as number);
      at++;
      if (++this.#prefix < prefixBytes) continue;
      this.#left = this.#length;
      this.#prefix = 0;
      this.#length = 0;
    }
  }
}

/** `trailers` as the last frame of a gRPC-Web body: names in lower case, as HTTP/1.1 writes fields. */
export function trailerFrame(trailers: Headers): Buffer {
  let text = '';
  for (let i = 0; i < trailers.length; i += stride) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
  const frame = Buffer.allocUnsafe(prefixBytes + text.length);
  frame[0] = trailerFlag;
  frame.writeUInt32BE(text.length, 1);
  frame.write(text, prefixBytes, 'latin1');
  return frame;
}
