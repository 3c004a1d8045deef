/** The integers and strings of HPACK as bytes (RFC 7541 §5). */

import { writeLatin1 } from './latin1.ts';

/** Longer strings are written by `latin1Write`, whose call costs as much as this many characters one by one. */
const copyLength = 12;
/** How much of a string's end `hashOf` looks at. */
const hashed = 16;

/** Writes `value` with `prefix` (all ones) as the mask of the first byte, whose other bits are `first`. */
export function writeInteger(out: Buffer, at: number, first: number, prefix: number, value: number): number {
  if (value < prefix) {
    out[at] = first | value;
    return at + 1;
  }
  out[at++] = first | prefix;
  let rest = value - prefix;
  for (; rest >= 0x80; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
  out[at] = rest;
  return at + 1;
}

/** Writes a string as it is, without Huffman: bytes of one rack cost less than the time to code them. */
export function writeString(out: Buffer, at: number, text: string): number {
  const length = text.length;
  at = writeInteger(out, at, 0, 0x7f, length);
  if (length > copyLength) {
    writeLatin1(out, at, text);
  } else {
    for (let i = 0; i < length; i++) out[at + i] = text.charCodeAt(i);
  }
  return at + length;
}

/**
 * A number for the string whose bytes end at out[end]: equal strings have equal ones, others hardly ever. Of long ones
 * it looks at the last bytes and at some spread over the others.
 */
export function hashOf(out: Buffer, length: number, end: number): number {
  const tail = end - Math.min(length, hashed);
  const step = ((length - hashed) >> 4) + 1;
  let hash = length;
  for (let i = end - length; i < tail; i += step) hash = (Math.imul(hash, 31) + (out[i] as number)) | 0;
  for (let i = tail; i < end; i++) hash = (Math.imul(hash, 31) + (out[i] as number)) | 0;
  return hash;
}
