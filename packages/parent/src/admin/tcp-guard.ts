/** Who may use the admin API over TCP: whoever has the token, and no web page in its owner's browser. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { FicusError } from '@ficus/common/errors.ts';
import type { TokenCheck } from './admin-token.ts';

/**
 * Throws `admin.bad-host` (DNS rebinding), `admin.cross-site` (CSRF) or `admin.unauthorized`. The caller's address
 * proves nothing, 127.0.0.1 neither: a browser on this machine calls from there too.
 */
export function guardTcp(headers: IncomingHttpHeaders, isToken: TokenCheck): void {
  const host = hostName(headers.host);
  // A rebound name is a name; a literal address can't be rebound.
  if (host === undefined || !(host === 'localhost' || isIP(host) !== 0)) {
    throw new FicusError('admin.bad-host', 'want this API to be called by IP address or as localhost', {
      status: 421,
      remedy: 'use the IP address, or localhost, in the URL',
    });
  }
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const foreign = origin !== undefined && originHost(origin) !== headers.host?.toLowerCase();
  if (foreign || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    throw new FicusError(
      'admin.cross-site',
      'want a call from this API’s own origin, found one from another site',
      {
        status: 403,
        remedy: 'use the ficus command, or a client that is no web page',
      },
    );
  }
  if (!isToken(headers.authorization)) {
    throw new FicusError(
      'admin.unauthorized',
      'want the bearer token of this parent, found none or another',
      {
        status: 401,
        remedy: 'give the token that is in admin-token in the parent’s state directory',
      },
    );
  }
}

/** `host` without port and brackets, lower-case; undefined when it is no host. */
function hostName(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
