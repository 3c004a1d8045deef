/** Schemas of what an entrypoint does to requests before they are routed, and what a schema cannot say of them. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';
import { parseAddress } from '@ficus/common/config/formats.ts';
import { didYouMean } from '@ficus/common/config/nearest.ts';
import {
  boolean,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';

const redirectionSchema = object('To another entrypoint of this gateway, or another port.', {
  to: string('Entrypoint, such as `websecure`, or port, such as `:443`.', { minLength: 1 }),
  scheme: optional(oneOf('Scheme clients are sent to. Default: `https`.', ['http', 'https'])),
  permanent: optional(boolean('301 and 308 instead of 302 and 307. Default: true.')),
  priority: optional(
    integer('Priority of the router that redirects. Default: above every other router.', {
      minimum: -Number.MAX_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  ),
});

const allow = (what: string) =>
  optional(boolean(`Whether a path may hold ${what}; if not, 400. Default: true.`));

const encodedCharactersSchema = object('Which escapes a path may hold.', {
  allowEncodedSlash: allow('`%2F`'),
  allowEncodedBackSlash: allow('`%5C`'),
  allowEncodedNullCharacter: optional(
    boolean('Accepted for Traefik and without effect: `%00` is never allowed.'),
  ),
  allowEncodedSemicolon: allow('`%3B`'),
  allowEncodedPercent: allow('`%25`'),
  allowEncodedQuestionMark: allow('`%3F`'),
  allowEncodedHash: allow('`%23`'),
});

/** Keys of `http` that public and uplink entrypoints share. */
export const requestRules = {
  sanitizePath: optional(
    boolean(
      'Whether empty segments of paths are taken out (`/a//b` is `/a/b`) and dot segments resolved. If not, rules and endpoints see empty segments, and a path with dot segments is 400. Default: true.',
    ),
  ),
  encodedCharacters: optional(encodedCharactersSchema),
  encodeQuerySemicolons: optional(
    boolean(
      'Whether a raw `;` of a query becomes `%3B`; if not, it separates parameters and becomes `&`. Default: false.',
    ),
  ),
  underscoreHeadersStrategy: optional(
    oneOf(
      'Request fields with `_` in their names: kept, deleted, or the request refused with 400. Aliases of fields that the gateway sets always go. Default: `keep`.',
      ['keep', 'delete', 'reject'],
    ),
  ),
};

export const redirectionsSchema = object('Redirects every request of this entrypoint.', {
  entryPoint: redirectionSchema,
});

export const proxyProtocolSchema = object(
  'Present: a connection may begin with a PROXY header, version 1 or 2, that says who the client is.',
  {
    insecure: optional(boolean('Believe everyone. Never on a public entrypoint. Default: false.')),
    trustedIPs: optional(
      list(
        'Peers that are believed; the header of others is read and forgotten. Default: none.',
        string('IP address or CIDR.', { format: 'cidr' }),
      ),
    ),
  },
  { allowEmpty: true },
);

/** Where a redirection goes: the port, or why there is none. */
export function redirectPort(
  to: string,
  entryPoints: Readonly<Record<string, { readonly address: string }>>,
): { readonly port: number } | { readonly missing: string } {
  const written = /^:(\d{1,5})$/.exec(to)?.[1];
  if (written !== undefined) {
    const port = Number(written);
    return port > 0 && port <= 65_535 ? { port } : { missing: `want a port from 1 to 65535, got "${to}"` };
  }
  if (!Object.hasOwn(entryPoints, to)) {
    const near = didYouMean(to, Object.keys(entryPoints));
    const hint = near === '' ? '; a port is written like ":443"' : near;
    return { missing: `no entrypoint ${JSON.stringify(to)}${hint}` };
  }
  const port = parseAddress(entryPoints[to]!.address)?.port ?? 0;
  return port > 0
    ? { port }
    : { missing: `entrypoint ${JSON.stringify(to)} has no fixed port to redirect to` };
}

interface Redirecting {
  readonly address: string;
  readonly http?: { readonly redirections?: Static<typeof redirectionsSchema> };
}

/** Reports redirections that lead nowhere. */
export function checkEntryPoints(
  entryPoints: Readonly<Record<string, Redirecting>>,
  report: ReportProblem,
): void {
  for (const [name, { http }] of Object.entries(entryPoints)) {
    const to = http?.redirections?.entryPoint.to;
    if (to === undefined) continue;
    const path = ['entryPoints', name, 'http', 'redirections', 'entryPoint', 'to'];
    if (to === name) report(path, 'want another entrypoint: this one would redirect to itself');
    else {
      const found = redirectPort(to, entryPoints);
      if ('missing' in found) report(path, found.missing);
    }
  }
}
