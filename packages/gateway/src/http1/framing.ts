/** How a body is delimited (RFC 9112 §6.3), decided once from the parsed head and never guessed. */
import { UNKNOWN_LENGTH } from '../http/exchange.ts';
import type { ParsedHead } from './parse-head.ts';

/** A body's length in bytes, or one of these. CHUNKED is what the exchange calls an unknown length. */
export const CHUNKED = UNKNOWN_LENGTH;
export const UNTIL_CLOSE = -2;

export type FramingRefusal = 'malformed' | 'transfer-coding';

/** Body length of a request: bytes, or CHUNKED. */
export function requestFraming(head: ParsedHead): number | FramingRefusal {
  if (head.transferEncoding !== undefined) {
    // TE with CL, or TE from HTTP/1.0, is how requests are smuggled (RFC 9112 §6.1): refused, not repaired.
    if (head.contentLength >= 0 || head.minor === 0) return 'malformed';
    return isChunked(head.transferEncoding) ? CHUNKED : codingRefusal(head.transferEncoding);
  }
  return Math.max(head.contentLength, 0);
}

/** Body length of the response to `method`: bytes, CHUNKED or UNTIL_CLOSE. */
export function responseFraming(head: ParsedHead, method: string): number | FramingRefusal {
  const status = head.status;
  if (head.transferEncoding !== undefined && head.contentLength >= 0) return 'malformed';
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return 0;
  if (head.transferEncoding !== undefined) {
    if (head.minor === 0 || !isChunked(head.transferEncoding)) return 'transfer-coding';
    return CHUNKED;
  }
  return head.contentLength >= 0 ? head.contentLength : UNTIL_CLOSE;
}

function isChunked(value: string): boolean {
  return value === 'chunked' || value.toLowerCase() === 'chunked';
}

/** `gzip, chunked` is a coding we do not implement (501); `chunked, chunked`, `xchunked`, `"chunked"` are malformed. */
function codingRefusal(value: string): FramingRefusal {
  const codings = value
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  const last = codings[codings.length - 1];
  const others = codings.slice(0, -1);
  const real = others.every((coding) => coding === 'gzip' || coding === 'deflate' || coding === 'compress');
  return last === 'chunked' && others.length > 0 && real ? 'transfer-coding' : 'malformed';
}
