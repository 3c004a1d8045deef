/** `redirectScheme`: to another scheme or port, the rest as it was. */
import { getHeader } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { RedirectSchemeModel } from '../model/middleware/redirects.ts';
import type { Middleware, Refusal, Reply } from './middleware.ts';
import { redirectTo, targetOf } from './redirect.ts';

export function redirectScheme(model: RedirectSchemeModel): Middleware {
  return new RedirectScheme(model);
}

const noHost: Refusal = { code: 'request.malformed', detail: 'a request without Host cannot be redirected' };

class RedirectScheme implements Middleware {
  readonly #scheme: string;
  /** With its colon; '' for the scheme's own. */
  readonly #port: string;
  readonly #permanent: boolean;

  constructor({ scheme, port, permanent }: RedirectSchemeModel) {
    this.#scheme = scheme;
    this.#port = port === '' || port === ownPort(scheme) ? '' : `:${port}`;
    this.#permanent = permanent;
  }

  request(head: RequestHead): Reply | Refusal | undefined {
    const { authority } = head;
    const colon = portAt(authority);
    const scheme = schemeOf(head);
    let port = colon < 0 ? '' : authority.slice(colon);
    if (port.length === 1 || port.slice(1) === ownPort(scheme)) port = '';
    if (scheme === this.#scheme && port === this.#port) return undefined;
    if (authority === '') return noHost;
    const host = colon < 0 ? authority : authority.slice(0, colon);
    const location = `${this.#scheme}://${host}${this.#port}${targetOf(head)}`;
    return redirectTo(location, head.method, this.#permanent);
  }
}

/** The colon before the port; -1 when there is none. */
function portAt(authority: string): number {
  const colon = authority.lastIndexOf(':');
  return colon > authority.lastIndexOf(']') ? colon : -1;
}

function ownPort(scheme: string): string {
  return scheme === 'http' ? '80' : scheme === 'https' ? '443' : '';
}

/** What the client used, before any trusted proxy. WebSocket's schemes stand for HTTP's. */
function schemeOf(head: RequestHead): string {
  switch (getHeader(head.headers, 'x-forwarded-proto')?.toLowerCase()) {
    case 'http':
    case 'ws':
      return 'http';
    case 'https':
    case 'wss':
      return 'https';
    default:
      return head.secure ? 'https' : 'http';
  }
}
