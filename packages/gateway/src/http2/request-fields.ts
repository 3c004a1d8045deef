/**
 * From a decoded header list to the request that is routed. Whatever could mean something else to HTTP/1.1 behind us is
 * refused here: pseudo-header fields, connection fields, lengths, authorities (RFC 9113 §8.2, §8.3; RFC 8441 §4).
 */
import { parseAuthority } from '../http/authority.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import { type ConnectionFacts, UNKNOWN_LENGTH } from '../http/exchange.ts';
import { deleteHeader, type Headers, stride } from '../http/headers.ts';
import { moveField } from '../http/hop-by-hop.ts';
import type { RequestHead } from '../http/message.ts';
import { canonicalTarget } from '../http/path.ts';
import { newKey } from '../http/websocket.ts';
import { connectionField, contentLength, isConnectionField, isPseudo, lengthWanted } from './field-names.ts';

/** RFC 9110 §5.6.2 token. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A request that came over a stream. */
export interface StreamRequest {
  readonly request: RequestHead;
  /** Bytes, 0 for none, or UNKNOWN_LENGTH. */
  readonly bodyLength: number;
  /** Bytes that content-length says, -1 when it says nothing. */
  readonly declared: number;
  /** `websocket` for an extended CONNECT, else ''. */
  readonly upgrade: string;
}

/** Why a request is refused: reset, or answered when the client can make sense of it. */
export interface StreamRefusal {
  readonly code: GatewayErrorCode;
  readonly detail: string;
  /** RST_STREAM PROTOCOL_ERROR instead of an answer (RFC 9113 §8.1.1). */
  readonly reset: boolean;
}

/** What is gathered from a list in one walk. */
interface Gathered {
  method: string;
  scheme: string;
  path: string;
  authority: string | undefined;
  protocol: string | undefined;
  host: string | undefined;
  length: number;
  expect: boolean;
}

/** The request that `headers` make (they become its headers, in place), or why there is none. `facts`: of its connection. */
export function readRequest(
  headers: Headers,
  endStream: boolean,
  facts: Pick<ConnectionFacts, 'peerAddress' | 'secure' | 'keepsEmptySegments'>,
): StreamRequest | StreamRefusal {
  const gathered = gather(headers);
  if (typeof gathered === 'string') return malformed(gathered);
  const { method, protocol } = gathered;
  if (method === '' || !token.test(method)) return malformed('want one :method that is a token');
  const tunnels = method === 'CONNECT' && protocol !== undefined;
  if (protocol !== undefined && !tunnels) return malformed(':protocol without CONNECT');
  if (tunnels && endStream) return malformed('a tunnel that is over before it begins');
  // A tunnel to wherever the client likes, or an echo of our own headers: neither is a gateway's business.
  if ((method === 'CONNECT' && !tunnels) || method === 'TRACE')
    return refused('request.method-refused', method);
  if (gathered.scheme !== 'https' && gathered.scheme !== 'http')
    return malformed('want one :scheme, http or https');
  const named = gathered.authority ?? gathered.host;
  const authority = named === undefined ? undefined : parseAuthority(named);
  if (authority === undefined) return malformed('want one valid :authority');
  if (gathered.host !== undefined && gathered.authority !== undefined) {
    if (gathered.host.toLowerCase() !== gathered.authority.toLowerCase())
      return malformed(':authority and host disagree');
  }
  if (gathered.expect) return refused('request.expectation', 'only 100-continue is known');
  if (endStream && gathered.length > 0) return malformed('content-length without content');
  let path = gathered.path;
  let query: string | undefined;
  if (path === '*') {
    if (method !== 'OPTIONS') return malformed('the target * is for OPTIONS only');
  } else {
    if (path.charCodeAt(0) !== 0x2f) return malformed('want one :path that starts with "/"');
    const canonical = canonicalTarget(path, facts.keepsEmptySegments);
    if ('refused' in canonical)
      return { code: 'request.malformed', detail: canonical.refused, reset: canonical.noTarget };
    path = canonical.path;
    query = canonical.query;
  }
  if (tunnels && protocol !== 'websocket')
    return refused('request.method-refused', 'only websocket is known');
  // Inside the gateway a tunnel is what HTTP/1.1 makes of it: a GET with a key.
  if (tunnels) {
    deleteHeader(headers, 'sec-websocket-key');
    headers.push('sec-websocket-key', newKey(), 'Sec-WebSocket-Key');
  }
  const request: RequestHead = {
    method: tunnels ? 'GET' : method,
    path,
    query,
    authority: authority.authority,
    host: authority.host,
    headers,
    clientAddress: facts.peerAddress,
    secure: facts.secure,
  };
  if (facts.keepsEmptySegments === true) request.keepsEmptySegments = true;
  return {
    request,
    bodyLength: tunnels || endStream ? 0 : gathered.length >= 0 ? gathered.length : UNKNOWN_LENGTH,
    declared: tunnels ? -1 : endStream ? 0 : gathered.length,
    upgrade: tunnels ? 'websocket' : '',
  };
}

/** Takes pseudo-header fields and `host` out of `headers`, joins cookies; or why the list is malformed. */
function gather(headers: Headers): Gathered | string {
  const gathered: Gathered = {
    method: '',
    scheme: '',
    path: '',
    authority: undefined,
    protocol: undefined,
    host: undefined,
    length: -1,
    expect: false,
  };
  const length = headers.length;
  let i = 0;
  for (; i < length && isPseudo(headers[i] as string); i += stride) {
    if (!takePseudo(gathered, headers[i] as string, headers[i + 1] as string))
      return 'a pseudo-header field that is unknown, repeated or empty';
  }
  let to = 0;
  let cookieAt = -1;
  for (; i < length; i += stride) {
    const name = headers[i] as string;
    switch (name.length) {
      case 2:
        if (name === 'te' && headers[i + 1] !== 'trailers') return 'te other than trailers';
        break;
      case 4:
        if (name !== 'host') break;
        if (gathered.host !== undefined) return 'more than one host';
        gathered.host = headers[i + 1] as string;
        continue;
      case 6:
        // RFC 9113 §8.2.3: crumbs become one field again before anybody else sees them.
        if (name === 'cookie') {
          if (cookieAt >= 0) {
            headers[cookieAt + 1] += `; ${headers[i + 1]}`;
            continue;
          }
          cookieAt = to;
        } else if (name === 'expect' && (headers[i + 1] as string).toLowerCase() !== '100-continue')
          gathered.expect = true;
        break;
      case 14:
        if (name !== 'content-length') break;
        if (gathered.length >= 0) return lengthWanted;
        gathered.length = contentLength(headers[i + 1] as string);
        if (gathered.length < 0) return lengthWanted;
        break;
      default:
    }
    if (isConnectionField(name)) return connectionField;
    if (isPseudo(name)) return 'a pseudo-header field after others';
    if (to !== i) moveField(headers, i, to);
    to += stride;
  }
  if (to !== length) headers.length = to;
  return gathered;
}

function takePseudo(gathered: Gathered, name: string, value: string): boolean {
  if (value === '') return false;
  switch (name) {
    case ':method':
      if (gathered.method !== '') return false;
      gathered.method = value;
      return true;
    case ':scheme':
      if (gathered.scheme !== '') return false;
      gathered.scheme = value;
      return true;
    case ':path':
      if (gathered.path !== '') return false;
      gathered.path = value;
      return true;
    case ':authority':
      if (gathered.authority !== undefined) return false;
      gathered.authority = value;
      return true;
    case ':protocol':
      if (gathered.protocol !== undefined) return false;
      gathered.protocol = value;
      return true;
    default:
      return false;
  }
}

function malformed(detail: string): StreamRefusal {
  return { code: 'request.malformed', detail, reset: true };
}

function refused(code: GatewayErrorCode, detail: string): StreamRefusal {
  return { code, detail, reset: false };
}
