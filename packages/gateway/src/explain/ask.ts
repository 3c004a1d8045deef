/** From a request as a person writes it to the head that is routed, by the same steps as on the wire. */
import { isIP } from 'node:net';
import type { ExplainRequest } from '@ficus/common/api/explain.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { parseAuthority } from '../http/authority.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import { forwardingRules, prepareRequestHeaders } from '../http/forwarded.ts';
import type { Headers } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import { canonicalTarget } from '../http/path.ts';
import { CompiledRules } from '../http/request-rules.ts';
import type { EntryPointModel } from '../model/model.ts';
import { compileTrust } from '../net/cidr.ts';
import { chooseEntryPoint, namedEntryPoint } from './choose-entry-point.ts';

/** A request that can be looked for a router; `refused` when the gateway would answer before it does that. */
export interface Asked {
  readonly head: RequestHead;
  readonly entryPoint: EntryPointModel;
  /** Of the TLS handshake: the URL's host, whatever a Host header says; '' without TLS. */
  readonly serverName: string;
  readonly refused?: { readonly code: GatewayErrorCode; readonly detail: string };
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const exampleUrl = 'write it like https://shop.example/api/orders';

/** Throws a FicusError (`explain.bad-…`, `explain.no-entrypoint`, status 400) for what is no request. */
export function readAsk(ask: ExplainRequest, entryPoints: readonly EntryPointModel[]): Asked {
  const method = ask.method;
  if (!token.test(method)) throw bad('method', 'a method such as GET', method, 'write it like GET');
  const url = splitUrl(ask.url);
  const from = ask.from ?? '127.0.0.1';
  if (isIP(from) === 0) throw bad('from', 'an IP address of a client', from, 'write it like 192.0.2.7');
  const headers = fields(ask.headers ?? []);
  const host = headers.host ?? url.authority;
  const authority = parseAuthority(host);
  if (authority === undefined)
    throw bad('url', 'a host name, maybe with a port, in the URL', host, exampleUrl);
  const entryPoint =
    ask.entryPoint === undefined
      ? chooseEntryPoint(url, entryPoints)
      : namedEntryPoint(ask.entryPoint, entryPoints);
  const target = canonicalTarget(url.target, entryPoint.requests?.keepEmptySegments);
  const secure = entryPoint.clear === true ? url.secure : entryPoint.tls || entryPoint.uplink !== undefined;
  const head: RequestHead = {
    method,
    path: 'refused' in target ? url.target : target.path,
    query: 'refused' in target ? undefined : target.query,
    authority: authority.authority,
    host: authority.host,
    headers: headers.list,
    clientAddress: from,
    secure,
  };
  const asked = { head, entryPoint, serverName: secure ? (parseAuthority(url.authority)?.host ?? '') : '' };
  const refused = refusalOf(method, target) ?? refusedByRules(head, entryPoint);
  if (refused !== undefined) return { ...asked, refused };
  const trusts = compileTrust(entryPoint.forwardedHeaders);
  const forwarding = forwardingRules(entryPoint.forwarding);
  const facts = { trusted: trusts(from), trusts, peerAddress: from, secure, forwarding };
  prepareRequestHeaders(head, facts, /^wss?:/i.test(ask.url) ? 'websocket' : '', '');
  return asked;
}

/** What the entrypoint wants of paths, queries and header names. */
function refusedByRules(head: RequestHead, { requests }: EntryPointModel): Asked['refused'] {
  const detail = new CompiledRules(requests).apply(head);
  return detail === undefined ? undefined : { code: 'request.malformed', detail };
}

function refusalOf(method: string, target: ReturnType<typeof canonicalTarget>): Asked['refused'] {
  if (method === 'CONNECT' || method === 'TRACE') {
    return { code: 'request.method-refused', detail: `${method} is never forwarded` };
  }
  return 'refused' in target ? { code: 'request.malformed', detail: target.refused } : undefined;
}

interface Url {
  readonly secure: boolean;
  readonly authority: string;
  readonly port: number;
  /** Path and query. */
  readonly target: string;
}

/** By hand: `URL` would mend what the gateway refuses. */
function splitUrl(text: string): Url {
  const parts = /^(https?|wss?):\/\/([^/?#]+)([^#]*)/i.exec(text);
  if (parts === null) {
    const likely = /^[\w.-]+(:\d+)?(\/|$)/.test(text)
      ? `write it with its scheme: https://${text}`
      : exampleUrl;
    throw bad('url', 'a URL with http:// or https://', text, likely);
  }
  const [, scheme = '', authority = '', rest = ''] = parts;
  const secure = /^(https|wss)$/i.test(scheme);
  const port = parseAuthority(authority)?.port ?? (secure ? 443 : 80);
  return { secure, authority, port, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** As the wire reads them: bytes as latin1. `host` is apart, for it goes before the URL's. */
function fields(pairs: readonly (readonly [string, string])[]): { list: Headers; host: string | undefined } {
  const list: Headers = [];
  let host: string | undefined;
  for (const [name, value] of pairs) {
    if (!token.test(name)) throw bad('header', 'a header name', name, "write it like -H 'X-User: 7'");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a header value
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw bad('header', `a value of ${name} in one line`, value, "write it like -H 'X-User: 7'");
    }
    const lower = name.toLowerCase();
    if (lower === 'host') host = value.trim();
    else list.push(lower, Buffer.from(value.trim(), 'utf8').toString('latin1'), name);
  }
  return { list, host };
}

function bad(what: string, want: string, found: string, remedy: string): FicusError {
  const shown = JSON.stringify(found.length > 200 ? `${found.slice(0, 200)}…` : found);
  return new FicusError(`explain.bad-${what}`, `want ${want}, got ${shown}`, { remedy, status: 400 });
}
