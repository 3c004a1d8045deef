/** From a parsed head to the request that is routed: method, target form, Host and expectations checked (RFC 9112 §3). */
import { parseAuthority } from '../http/authority.ts';
import { GatewayError } from '../http/errors.ts';
import type { ConnectionFacts } from '../http/exchange.ts';
import { deleteHeader } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import { canonicalTarget } from '../http/path.ts';
import { connectionHas, type ParsedHead } from './parse-head.ts';

/** The request, or why it is refused. `facts`: of its connection. */
export function toRequest(
  head: ParsedHead,
  facts: Pick<ConnectionFacts, 'peerAddress' | 'secure' | 'keepsEmptySegments'>,
): RequestHead | GatewayError {
  const method = head.method;
  // A tunnel to wherever the client likes, or an echo of our own headers: neither is a gateway's business.
  if (method === 'CONNECT' || method === 'TRACE') return new GatewayError('request.method-refused', method);
  if (head.hosts > 1 || (head.hosts === 0 && head.minor === 1)) {
    return new GatewayError('request.malformed', `want exactly one Host, got ${head.hosts}`);
  }
  let target = head.target;
  let named = head.host;
  if (target.charCodeAt(0) !== 47 && target !== '*') {
    const absolute = splitAbsolute(target);
    if (absolute === undefined)
      return new GatewayError('request.malformed', 'the request target is in no known form');
    target = absolute.target;
    // RFC 9112 §3.2.2: the target's authority counts, whatever Host says.
    named = absolute.authority;
    deleteHeader(head.headers, 'host');
    head.headers.push('host', named, 'Host');
  }
  let authority = '';
  let host = '';
  if (named !== '' || head.minor === 1) {
    const parsed = parseAuthority(named);
    if (parsed === undefined) return new GatewayError('request.malformed', 'Host is not a valid authority');
    authority = parsed.authority;
    host = parsed.host;
  }
  let path = target;
  let query: string | undefined;
  if (target === '*') {
    if (method !== 'OPTIONS')
      return new GatewayError('request.malformed', 'the target * is for OPTIONS only');
  } else {
    const canonical = canonicalTarget(target, facts.keepsEmptySegments);
    if ('refused' in canonical) return new GatewayError('request.malformed', canonical.refused);
    path = canonical.path;
    query = canonical.query;
  }
  if (head.expect !== '' && head.expect !== '100-continue') {
    return new GatewayError('request.expectation', 'only 100-continue is known');
  }
  const { peerAddress: clientAddress, secure } = facts;
  const { headers } = head;
  const request: RequestHead = { method, path, query, authority, host, headers, clientAddress, secure };
  if (facts.keepsEmptySegments === true) request.keepsEmptySegments = true;
  return request;
}

/** `http://authority/path?query` in two parts, or undefined. */
function splitAbsolute(target: string): { authority: string; target: string } | undefined {
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) return undefined;
  const from = scheme[0].length;
  let to = target.length;
  for (let i = from; i < target.length; i++) {
    const code = target.charCodeAt(i);
    // A fragment never belongs in a request; leaving it in the authority makes it invalid there.
    if (code === 47 || code === 63) {
      to = i;
      break;
    }
  }
  const rest = target.slice(to);
  return { authority: target.slice(from, to), target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** The protocol this request may switch to: `websocket` by a bodiless GET of HTTP/1.1, else ''. */
export function upgradeProtocol(head: ParsedHead, bodyLength: number): string {
  if (head.upgrade !== 'websocket' || head.method !== 'GET' || head.minor === 0 || bodyLength !== 0)
    return '';
  return connectionHas(head.connection, 'upgrade') ? 'websocket' : '';
}
