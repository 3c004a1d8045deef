/** Reads and writes the small strict subset of DER that certificates need. */

/** Bytes that are not the DER we accept. Callers turn it into a `FicusError` that names the object. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** One tag-length-value. Views into the bytes that were read; nothing is copied. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly der: Uint8Array;
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nil: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Longest input read, in bytes; a certificate with a dozen names has under 2 KiB. */
export const maxDerBytes = 65_536;
const maxElements = 512;

function readAt(bytes: Uint8Array, at: number): Element {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new DerError('ends inside a header');
  if ((tag & 0x1f) === 0x1f) throw new DerError('multi-byte tag');
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw new DerError('indefinite or oversized length');
    length = 0;
    for (let i = 0; i < count; i++) {
      const byte = bytes[start + i];
      if (byte === undefined) throw new DerError('ends inside a length');
      length = length * 256 + byte;
    }
    start += count;
    // X.690 §10.1: the shortest form, or two encodings would name one certificate.
    if (length < 0x80 || (count > 1 && length < 256 ** (count - 1))) throw new DerError('length not minimal');
  }
  const end = start + length;
  if (end > bytes.length) throw new DerError('ends inside a value');
  return { tag, content: bytes.subarray(start, end), der: bytes.subarray(at, end) };
}

/** The elements that fill `bytes` exactly. Throws `DerError` on anything left over, too much or too many. */
export function readAll(bytes: Uint8Array): Element[] {
  if (bytes.length > maxDerBytes) throw new DerError(`longer than ${maxDerBytes} bytes`);
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = readAt(bytes, at);
    found.push(element);
    if (found.length > maxElements) throw new DerError(`more than ${maxElements} elements`);
    at += element.der.length;
  }
  return found;
}

/** The one element that fills `bytes` exactly, with that tag. */
export function readOne(bytes: Uint8Array, tag: number): Element {
  const found = readAll(bytes);
  const only = found[0];
  if (found.length !== 1 || only === undefined || only.tag !== tag) throw new DerError('unexpected element');
  return only;
}

/** Dotted form of an OBJECT IDENTIFIER's content; arcs above 2^53 are refused. */
export function readOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > 64) throw new DerError('object identifier length');
  const arcs: number[] = [];
  let arc = 0;
  let inside = false;
  for (const byte of content) {
    if (!inside && byte === 0x80) throw new DerError('object identifier not minimal');
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError('object identifier too large');
    inside = byte >= 0x80;
    if (!inside) {
      arcs.push(arc);
      arc = 0;
    }
  }
  if (inside) throw new DerError('object identifier ends early');
  const first = arcs[0] as number;
  const top = first < 40 ? 0 : first < 80 ? 1 : 2;
  return [top, first - top * 40, ...arcs.slice(1)].join('.');
}

/** One element of `tag` whose content is the parts joined. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), content]);
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(tags.oid, Buffer.from(bytes));
}

/** A non-negative INTEGER from a number or from big-endian bytes. */
export function integer(value: number | Uint8Array): Buffer {
  const hex = typeof value === 'number' ? value.toString(16) : Buffer.from(value).toString('hex');
  let bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
  while (bytes.length > 1 && bytes[0] === 0 && (bytes[1] as number) < 0x80) bytes = bytes.subarray(1);
  if ((bytes[0] as number) >= 0x80) bytes = Buffer.concat([Buffer.from([0]), bytes]);
  return der(tags.integer, bytes);
}

/** A BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return der(tags.bitString, Buffer.from([0]), bytes);
}
