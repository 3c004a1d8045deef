/** Schema of `forwardAuth`. */
import {
  boolean,
  integer,
  list,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';

const headerNames = (description: string) =>
  optional(list(description, string('A field name.', { format: 'header-name' })));

const most = 1_073_741_824;

const tlsSchema = object('TLS towards the authentication server.', {
  ca: optional(string("Trusted roots: a PEM file or PEM text. Default: the system's.", { minLength: 1 })),
  cert: optional(string('Client certificate, a PEM file or PEM text, with `key`.', { minLength: 1 })),
  key: optional(string('Its key.', { minLength: 1 })),
  insecureSkipVerify: optional(
    boolean("Does not check the server's certificate. Never do this. Default: false."),
  ),
  caOptional: optional(boolean('Accepted for Traefik, without effect.')),
});

export const forwardAuthSchema = object(
  'Asks an authentication server about each request: with status 2xx it passes, else the client gets the server’s answer.',
  {
    address: string('URL of the server, with path and query.', { minLength: 1 }),
    tls: optional(tlsSchema),
    trustForwardHeader: optional(
      boolean(
        'The server is told the `X-Forwarded-…` fields of the proxies before this gateway (those that the entrypoint trusts), not what the gateway itself sees. Default: false; requests over uplinks always are told as true.',
      ),
    ),
    authResponseHeaders: headerNames(
      'Fields of the server’s answer that the request gets. What the client sent under their names goes. Default: none.',
    ),
    authResponseHeadersRegex: optional(
      string(
        'As `authResponseHeaders`, for every field whose name (as in `X-Auth-User`) this Go expression matches.',
      ),
    ),
    authRequestHeaders: headerNames('The only fields of the request that the server gets. Default: all.'),
    addAuthCookiesToResponse: optional(
      list(
        'Cookies of the server’s answer that the response gets, in place of the endpoint’s of these names.',
        string('A cookie’s name.', { format: 'cookie-name' }),
      ),
    ),
    forwardBody: optional(
      boolean(
        'The server gets the body, too; it is taken in whole before (from 1 MiB on in a temporary file). Default: false.',
      ),
    ),
    maxBodySize: optional(
      integer(
        'Most bytes of such a body; a request with more is refused with status 401. Default: -1 (no limit).',
        {
          minimum: -1,
          maximum: most,
        },
      ),
    ),
    maxResponseBodySize: optional(
      integer(
        'Most bytes of the answer that a client gets; one with more becomes status 401. Default: -1 (no limit; it is never kept in memory).',
        { minimum: -1, maximum: most },
      ),
    ),
    headerField: optional(
      string('Field of the server’s answer with the user’s name, for the access log.', {
        format: 'header-name',
      }),
    ),
    preserveLocationHeader: optional(
      boolean(
        'Passes `Location` of the answer on as it is; else a relative one is one of the server. Default: false.',
      ),
    ),
    preserveRequestMethod: optional(
      boolean('Asks with the method of the request in place of GET. Default: false.'),
    ),
    authSigninURL: optional(
      string(
        'Where clients are redirected (status 302) when the server answers 401. Default: they get its answer.',
        {
          minLength: 1,
        },
      ),
    ),
  },
);
export type ForwardAuthConfig = Static<typeof forwardAuthSchema>;
