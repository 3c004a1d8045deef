/** Base64 of a body in pieces: of gRPC-Web's text form, where several padded parts may follow each other. */

const lineBreaks = /[\r\n]/g;
const padding = /=/;
/** Whole groups of four, of which those with padding may stand anywhere. */
const groups = /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/;

export class Base64Decoder {
  /** Up to three characters of a group that is not whole yet. */
  #rest = '';

  /** What `chunk` adds; undefined when it is not Base64. */
  decode(chunk: Buffer): Buffer | undefined {
    const text = this.#rest + chunk.toString('latin1').replace(lineBreaks, '');
    const end = text.length - (text.length % 4);
    this.#rest = text.slice(end);
    const whole = text.slice(0, end);
    if (!groups.test(whole)) return undefined;
    if (!padding.test(whole)) return Buffer.from(whole, 'base64');
    // Node stops at the first padding, so each part is decoded by itself.
    const parts = whole.match(/[A-Za-z0-9+/]*(?:={1,2}|$)/g) ?? [];
    return Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  }

  /** All that came was whole. */
  get complete(): boolean {
    return this.#rest === '';
  }
}

export class Base64Encoder {
  /** Up to two bytes that wait for a third. */
  #rest = Buffer.alloc(0);

  encode(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.length - (bytes.length % 3);
    this.#rest = Buffer.from(bytes.subarray(end));
    return Buffer.from(bytes.toString('base64', 0, end), 'latin1');
  }

  /** The bytes that wait, padded: more may follow as the next part. Empty when there are none. */
  flush(): Buffer {
    const text = this.#rest.toString('base64');
    this.#rest = Buffer.alloc(0);
    return Buffer.from(text, 'latin1');
  }
}
