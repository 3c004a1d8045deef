/** Writes a message body, as it is or in chunks (RFC 9112 §7.1). */
import { type Headers, stride } from '../http/headers.ts';
import { copyLimit, type Output } from './output.ts';

const crlf = Buffer.from('\r\n');

export class BodyWriter {
  readonly #output: Output;
  #chunked = false;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(chunked: boolean): void {
    this.#chunked = chunked;
  }

  /** False: wait for the socket's drain. */
  write(chunk: Buffer): boolean {
    if (!this.#chunked) return this.#output.bytes(chunk);
    this.#output.text(`${chunk.length.toString(16)}\r\n`);
    const open = this.#output.bytes(chunk);
    // Text would leave before the large piece that is still corked.
    if (chunk.length > copyLimit) this.#output.bytes(crlf);
    else this.#output.text('\r\n');
    return open;
  }

  end(trailers: Headers | undefined): void {
    if (!this.#chunked) return;
    let text = '0\r\n';
    for (let i = 0; trailers !== undefined && i < trailers.length; i += stride) {
      text += `${trailers[i + 2]}: ${trailers[i + 1]}\r\n`;
    }
    this.#output.text(`${text}\r\n`);
  }
}
