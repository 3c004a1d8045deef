/** Response heads on a stream: written for clients, read from endpoints. */
import { type Headers, stride } from '../http/headers.ts';
import { addNominations, moveField, removeConnectionFields } from '../http/hop-by-hop.ts';
import type { ResponseHead } from '../http/message.ts';
import { connectionField, contentLength, isConnectionField, isPseudo, lengthWanted } from './field-names.ts';
import { roomFor } from './header-block-writer.ts';
import type { Http2Stream } from './stream.ts';

/** `:status` values as strings, made once. */
const statuses: string[] = [];

/**
 * Writes `head`: fields of one connection left out, `content-length` from `length` where that is known. `bodiless`: the
 * endpoint's own content-length stays, for it is information (HEAD, 304). False when it does not fit into any block.
 */
export function sendResponseHead(
  stream: Http2Stream,
  head: ResponseHead,
  length: number,
  bodiless: boolean,
): boolean {
  const headers = head.headers;
  if (namesOthers(headers)) removeConnectionFields(headers);
  const block = stream.connection.headers;
  if (!block.begin(roomFor(headers))) return false;
  const status = head.status;
  statuses[status] ??= String(status);
  block.field(':status', statuses[status]);
  for (let i = 0; i < headers.length; i += stride) {
    const name = headers[i] as string;
    switch (name.length) {
      case 2:
        if (name === 'te') continue;
        break;
      case 14:
        if (name === 'content-length' && (status === 204 || (length !== 0 && !bodiless))) continue;
        break;
      case 20:
        if (name === 'sec-websocket-accept') continue;
        break;
      default:
    }
    if (isConnectionField(name)) continue;
    block.field(name, headers[i + 1] as string);
  }
  if (length > 0 && !bodiless) block.field('content-length', String(length));
  block.end(stream, false);
  return true;
}

/** Whether a Connection field names more than the connection's own fate. */
function namesOthers(headers: Headers): boolean {
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] === 'connection' && addNominations('', headers[i + 1] as string) !== '') return true;
  }
  return false;
}

/** A response as an endpoint said it. */
export interface StreamResponse {
  readonly head: ResponseHead;
  /** Declared content-length, -1 without one. */
  readonly length: number;
}

const digits = /^[0-9]{3}$/;

/** The response that `headers` make (they become its headers, in place), or why they make none (RFC 9113 §8.3.2). */
export function readResponse(headers: Headers): StreamResponse | string {
  const value = headers[1] ?? '';
  if (headers[0] !== ':status' || !digits.test(value)) return 'want one :status of three digits';
  const status = Number(value);
  if (status < 100 || status === 101) return 'a status that HTTP/2 does not have';
  let declared = -1;
  let to = 0;
  const length = headers.length;
  for (let i = stride; i < length; i += stride) {
    const name = headers[i] as string;
    if (name === 'content-length') {
      if (declared >= 0) return lengthWanted;
      declared = contentLength(headers[i + 1] as string);
      if (declared < 0) return lengthWanted;
    }
    if (isConnectionField(name)) return connectionField;
    if (isPseudo(name)) return 'a pseudo-header field that is unknown, repeated or late';
    moveField(headers, i, to);
    to += stride;
  }
  headers.length = to;
  return { head: { status, reason: '', headers }, length: declared };
}
