/**
 * The fields of a request made fit to forward, in one scan: hop-by-hop and aliases out, forwarded fields of untrusted
 * peers replaced, those of trusted peers kept or appended to, as Traefik does.
 */
import type { ForwardingModel } from '../model/entry-point-rules.ts';
import { parseAuthority } from './authority.ts';
import { stride } from './headers.ts';
import { addNominations, moveField, removeNominated } from './hop-by-hop.ts';
import * as managed from './managed-headers.ts';
import type { RequestHead } from './message.ts';

/** What is known of the connection a request came over. */
export interface ForwardingFacts {
  /** The peer's forwarded fields are believed. */
  readonly trusted: boolean;
  /** Whether the forwarded fields of a proxy at this address would be; undefined: of no other than the peer. */
  readonly trusts?: ((address: string) => boolean) | undefined;
  /** IP address of the peer. */
  readonly peerAddress: string;
  /** Came over TLS. */
  readonly secure: boolean;
  /** Undefined: the peer is appended to X-Forwarded-For, and what `Connection` names goes. */
  readonly forwarding?: ForwardingRules | undefined;
}

/** Undefined stays undefined: there is nothing to look at then. */
export function forwardingRules(model: ForwardingModel | undefined): ForwardingRules | undefined {
  return model === undefined ? undefined : { ...model, connection: new Set(model.connection) };
}

/** How forwarded fields are written, beyond whom they are believed from; made once an entrypoint. */
export interface ForwardingRules {
  /** Lower-case names of fields that stay for middlewares though `Connection` names them; endpoints don't get them. */
  readonly connection: ReadonlySet<string>;
  /** The peer is not added to X-Forwarded-For. */
  readonly notAppendXForwardedFor: boolean;
}

/**
 * Rewrites `head.headers` in place, before routing. Host and framing fields leave it too: the codec writes them from
 * `head.authority` and the body's length. `upgrade` is the lower-case protocol asked for, '' for none; `server` the name
 * this gateway gives itself in X-Forwarded-Server, '' for none.
 */
export function prepareRequestHeaders(
  head: RequestHead,
  facts: ForwardingFacts,
  upgrade: string,
  server: string,
): void {
  const headers = head.headers;
  const trusted = facts.trusted;
  const length = headers.length;
  let nominated = '';
  let forwardedFor = '';
  let host = '';
  let proto = '';
  let port = '';
  let realIp = '';
  let to = 0;
  for (let i = 0; i < length; i += stride) {
    const kind = managed.classify(headers[i] as string);
    if (kind !== managed.KEEP && kind !== managed.PROTECTED) {
      const value = headers[i + 1] as string;
      if (kind === managed.DROP) continue;
      if (kind === managed.CONNECTION) {
        nominated = addNominations(nominated, value);
        continue;
      }
      if (kind === managed.TE) {
        if (!asksForTrailers(value)) continue;
        headers[i + 1] = 'trailers';
      } else {
        if (!trusted) continue;
        // The first value counts where several make no sense, as in Go's Header.Get.
        if (kind === managed.FORWARDED_FOR)
          forwardedFor = forwardedFor === '' ? value : `${forwardedFor}, ${value}`;
        else if (kind === managed.FORWARDED_HOST) host = host === '' ? value : host;
        else if (kind === managed.FORWARDED_PROTO) proto = proto === '' ? value : proto;
        else if (kind === managed.FORWARDED_PORT) port = port === '' ? value : port;
        else if (kind === managed.REAL_IP) realIp = realIp === '' ? value : realIp;
        if (kind !== managed.IDENTITY) continue;
      }
    }
    if (to !== i) moveField(headers, i, to);
    to += stride;
  }
  if (to !== length) headers.length = to;
  const forwarding = facts.forwarding;
  if (nominated !== '') {
    const kept = removeNominated(headers, nominated, forwarding?.connection);
    if (kept !== undefined) head.endsHere = kept;
  }

  if (trusted && facts.trusts !== undefined) head.trusts = facts.trusts;
  const peer = facts.peerAddress;
  if (proto === '') proto = protocol(facts.secure, upgrade);
  if (port === '') port = forwardedPort(head.authority, proto, facts.secure);
  if (host === '') host = head.authority;
  if (forwarding?.notAppendXForwardedFor !== true)
    forwardedFor = forwardedFor === '' ? peer : `${forwardedFor}, ${peer}`;
  if (forwardedFor !== '') headers.push('x-forwarded-for', forwardedFor, 'X-Forwarded-For');
  if (host !== '') headers.push('x-forwarded-host', host, 'X-Forwarded-Host');
  headers.push('x-forwarded-port', port, 'X-Forwarded-Port', 'x-forwarded-proto', proto, 'X-Forwarded-Proto');
  if (server !== '') headers.push('x-forwarded-server', server, 'X-Forwarded-Server');
  headers.push('x-real-ip', realIp === '' ? peer : realIp, 'X-Real-Ip');
}

function protocol(secure: boolean, upgrade: string): string {
  if (upgrade === 'websocket') return secure ? 'wss' : 'ws';
  return secure ? 'https' : 'http';
}

/** The port the client used: of the authority if written there, else the scheme's. Not the listening one, which NAT hides. */
function forwardedPort(authority: string, proto: string, secure: boolean): string {
  const colon = authority.lastIndexOf(':');
  if (colon > 0) {
    const port = parseAuthority(authority)?.port;
    if (port !== undefined) return String(port);
  }
  return secure || proto === 'https' || proto === 'wss' ? '443' : '80';
}

function asksForTrailers(value: string): boolean {
  if (value === 'trailers') return true;
  return value
    .toLowerCase()
    .split(',')
    .some((token) => token.trim() === 'trailers');
}
