/** Which responses may be compressed, and what changes in the head of one that is. */
import { addHeader, deleteHeader, getHeader, type Headers, hasHeader, stride } from '../../http/headers.ts';
import { fitsMediaType, type MediaType, parseMediaType } from '../../http/media-type.ts';
import type { ResponseHead } from '../../http/message.ts';
import type { Encoding } from '../../model/middleware/compress.ts';

export class CompressRules {
  readonly #excluded: readonly MediaType[];
  readonly #included: readonly MediaType[];

  /** Media types as written, known to be some. */
  constructor(excluded: readonly string[], included: readonly string[]) {
    this.#excluded = excluded.flatMap((type) => parseMediaType(type) ?? []);
    this.#included = included.flatMap((type) => parseMediaType(type) ?? []);
  }

  /** A request whose answer is left alone whatever it is: Traefik looks at what the client sends, too. */
  leavesAlone(headers: Headers): boolean {
    if (saysNoTransform(headers)) return true;
    const written = getHeader(headers, 'content-type');
    if (written === undefined) return false;
    if (isGrpcFamily(written)) return true;
    const type = this.#excluded.length === 0 ? undefined : parseMediaType(written);
    return type !== undefined && this.#excluded.some((each) => each.type === type.type);
  }

  /** Whether an answer of this kind is compressed for clients that accept it. */
  compresses({ status, headers }: ResponseHead): boolean {
    // A part of something says where in the whole it is, and what has no body has no encoding (RFC 9110 §15.4.5).
    if (status < 200 || status === 204 || status === 206 || status === 304) return false;
    if (hasHeader(headers, 'content-encoding') || hasHeader(headers, 'content-range')) return false;
    return !saysNoTransform(headers) && this.#takes(getHeader(headers, 'content-type'));
  }

  #takes(written: string | undefined): boolean {
    if (written === undefined || written === '') return true;
    if (isGrpcFamily(written)) return false;
    if (this.#included.length + this.#excluded.length === 0) return true;
    const type = parseMediaType(written);
    if (type === undefined) return false;
    if (this.#included.length > 0) return this.#included.some((each) => fitsMediaType(each, type));
    return !this.#excluded.some((each) => fitsMediaType(each, type));
  }
}

/** Its answer depends on what the client accepts: caches must know. */
export function varyByEncoding(headers: Headers): void {
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] !== 'vary') continue;
    for (const name of (headers[i + 1] as string).split(',')) {
      const each = name.trim().toLowerCase();
      if (each === '*' || each === 'accept-encoding') return;
    }
  }
  addHeader(headers, 'Vary', 'Accept-Encoding');
}

/** Digests of the bytes as they were. */
const digests = ['content-length', 'content-md5', 'digest', 'content-digest', 'repr-digest'];

/** Says that the body is encoded. */
export function encodedHead({ headers }: ResponseHead, encoding: Encoding): void {
  for (const name of digests) deleteHeader(headers, name);
  // Other bytes with the same meaning: no longer byte for byte the same (RFC 9110 §8.8.1).
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] === 'etag' && (headers[i + 1] as string).startsWith('"'))
      headers[i + 1] = `W/${headers[i + 1]}`;
  }
  addHeader(headers, 'Content-Encoding', encoding);
  varyByEncoding(headers);
}

/** gRPC frames say themselves whether they are compressed; grpc-web, too. */
function isGrpcFamily(type: string): boolean {
  return /^[\t ]*application\/grpc(?:[-+;\t ]|$)/i.test(type);
}

function saysNoTransform(headers: Headers): boolean {
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] !== 'cache-control') continue;
    const value = headers[i + 1] as string;
    if (value.length >= 12 && /(?:^|,)[\t ]*no-transform[\t ]*(?:,|$)/i.test(value)) return true;
  }
  return false;
}
