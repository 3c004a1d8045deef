/** Schema of `headers`: fields set and deleted, CORS, and fields that protect browsers. */
import {
  boolean,
  integer,
  list,
  named,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';

const headerMap = (description: string) =>
  named(
    description,
    'header',
    string('Value; the empty string deletes the field.', { format: 'header-value' }),
    { keyFormat: 'header-name' },
  );

const names = (description: string, item: string) =>
  list(description, string(item, { format: 'header-name' }));

const value = (description: string) => string(description, { format: 'header-value' });

const cors = {
  accessControlAllowCredentials: optional(
    boolean('Sends `Access-Control-Allow-Credentials: true`. Default: false.'),
  ),
  accessControlAllowHeaders: optional(
    names('Fields that pages may send, told in preflight answers.', 'A header name, or `*`.'),
  ),
  accessControlAllowMethods: optional(
    names('Methods that pages may use, told in preflight answers.', 'A method, or `*`.'),
  ),
  accessControlAllowOriginList: optional(
    list('Origins whose pages may ask; `*` for all.', value('An origin such as `https://app.example.com`.')),
  ),
  accessControlAllowOriginListRegex: optional(
    list(
      'Regular expressions of origins whose pages may ask.',
      string('An expression in Go’s syntax, such as `^https://[a-z]+\\.example\\.com$`.', { minLength: 1 }),
    ),
  ),
  accessControlExposeHeaders: optional(
    names('Fields of responses that pages may read.', 'A header name, or `*`.'),
  ),
  accessControlMaxAge: optional(
    integer('Seconds for which browsers keep the answer to a preflight. Default: 0.', {
      minimum: 0,
      maximum: 2_147_483_647,
    }),
  ),
  addVaryHeader: optional(boolean('Adds `Origin` to `Vary`. Default: false.')),
};

const security = {
  allowedHosts: optional(
    list(
      'Hosts (with port, where the client writes one) that are served; others get 403. Default: all.',
      string('A host.', { minLength: 1 }),
    ),
  ),
  hostsProxyHeaders: optional(
    names('Fields that may hold the host in place of `Host`; the first there is counts.', 'A header name.'),
  ),
  sslProxyHeaders: optional(
    named(
      'Fields that say a request came over TLS, with the value that says so; such as `X-Forwarded-Proto: https`.',
      'header',
      value('The value.'),
      { keyFormat: 'header-name' },
    ),
  ),
  stsSeconds: optional(
    integer('`max-age` of `Strict-Transport-Security`, sent over TLS only; 0 sends none. Default: 0.', {
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  ),
  stsIncludeSubdomains: optional(
    boolean('Adds `includeSubDomains` to `Strict-Transport-Security`. Default: false.'),
  ),
  stsPreload: optional(boolean('Adds `preload` to `Strict-Transport-Security`. Default: false.')),
  forceSTSHeader: optional(boolean('Sends `Strict-Transport-Security` without TLS too. Default: false.')),
  frameDeny: optional(boolean('Sends `X-Frame-Options: DENY`. Default: false.')),
  customFrameOptionsValue: optional(value('`X-Frame-Options`, in place of `DENY`.')),
  contentTypeNosniff: optional(boolean('Sends `X-Content-Type-Options: nosniff`. Default: false.')),
  browserXssFilter: optional(boolean('Sends `X-XSS-Protection: 1; mode=block`. Default: false.')),
  customBrowserXSSValue: optional(value('`X-XSS-Protection`, in place of `1; mode=block`.')),
  contentSecurityPolicy: optional(value('`Content-Security-Policy`.')),
  contentSecurityPolicyReportOnly: optional(value('`Content-Security-Policy-Report-Only`.')),
  publicKey: optional(value('`Public-Key-Pins`, sent over TLS only. No browser heeds it any more.')),
  referrerPolicy: optional(value('`Referrer-Policy`.')),
  permissionsPolicy: optional(value('`Permissions-Policy`.')),
  isDevelopment: optional(
    boolean('Leaves out `allowedHosts`, `Strict-Transport-Security` and `Public-Key-Pins`. Default: false.'),
  ),
};

const redirect = 'put a redirectScheme middleware before this one, or redirections on the entrypoint';

export const headersSchema = object(
  'Sets and deletes header fields, answers CORS preflights, and sets fields that protect browsers.',
  {
    customRequestHeaders: optional(headerMap('Fields set on requests, by name.')),
    customResponseHeaders: optional(headerMap('Fields set on responses, by name.')),
    ...cors,
    ...security,
  },
  {
    removed: {
      sslRedirect: redirect,
      sslTemporaryRedirect: redirect,
      sslHost: 'use a redirectRegex middleware',
      sslForceHost: 'use a redirectRegex middleware',
      featurePolicy: 'use permissionsPolicy',
      accessControlAllowOrigin: 'use accessControlAllowOriginList',
    },
  },
);
export type HeadersConfig = Static<typeof headersSchema>;
