/** Field names that HTTP/2 gives a meaning of their own. */
import { type Headers, stride } from '../http/headers.ts';

const COLON = 0x3a;

const digits = /^[0-9]{1,15}$/;

/** Why a list is malformed that has such a field; or none or several lengths, or one that is no number. */
export const connectionField = 'a field that concerns one connection only';
export const lengthWanted = 'want one content-length';

/** Bytes that a content-length says, -1 when it is no number. */
export function contentLength(value: string): number {
  return digits.test(value) ? Number(value) : -1;
}

/** `:method`, `:status` and whatever else begins with a colon. */
export function isPseudo(name: string): boolean {
  return name.charCodeAt(0) === COLON;
}

/** Fields that concern one HTTP/1.1 connection: in HTTP/2 they make a message malformed (RFC 9113 §8.2.2). */
export function isConnectionField(name: string): boolean {
  switch (name.length) {
    case 7:
      return name === 'upgrade';
    case 10:
      return name === 'connection' || name === 'keep-alive';
    case 16:
      return name === 'proxy-connection';
    case 17:
      return name === 'transfer-encoding';
    default:
      return false;
  }
}

/** Whether a header list may stand after the content (RFC 9113 §8.1). */
export function areTrailers(headers: Headers): boolean {
  for (let i = 0; i < headers.length; i += stride) {
    const name = headers[i] as string;
    if (isPseudo(name) || isConnectionField(name)) return false;
  }
  return true;
}
