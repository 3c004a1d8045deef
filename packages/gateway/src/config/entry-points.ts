/** Schema of entrypoints, with Traefik's keys and our own limits. */
import {
  boolean,
  duration,
  integer,
  list,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { proxyProtocolSchema, redirectionsSchema, requestRules } from './entry-point-http.ts';
import { http2Schema } from './http2.ts';
import { entryPointTlsSchema } from './tls.ts';

const entryPointNotYet = ['reusePort', 'allowACMEByPass', 'http3', 'udp', 'observability'];
const count = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

const limitsSchema = object('Limits that Traefik has no keys for.', {
  headTimeout: optional(
    duration(
      'Longest wait for a complete request head, from its first byte or the accept; then 408. `0s`: no limit. Default: `10s`.',
    ),
  ),
  bodyStallTimeout: optional(
    duration('Longest pause between two pieces of a request body; then 408. `0s`: no limit. Default: `60s`.'),
  ),
  maxHeaderCount: optional(
    integer('Header fields of one request; more is 431. Default: 100.', { minimum: 1, maximum: 10_000 }),
  ),
  maxConnectionsPerAddress: optional(
    integer(
      'Open connections from one client address; more are closed at once. 0: no limit. Default: 0.',
      count,
    ),
  ),
  maxRequestBodyBytes: optional(
    integer('Bytes of one request body; more is 413. 0: no limit. Default: 0.', count),
  ),
});

const lifeCycleSchema = object('How the entrypoint stops.', {
  requestAcceptGraceTimeout: optional(
    duration(
      'Lame duck: how long connections are still accepted, and told to close, after the stop began. Default: `5s`.',
    ),
  ),
  graceTimeOut: optional(duration('How long requests in flight may then take to finish. Default: `10s`.')),
});

const transportSchema = object('Connections.', {
  respondingTimeouts: optional(
    object('Deadlines.', {
      readTimeout: optional(duration('A whole request, head and body. `0s`: no limit. Default: `0s`.')),
      writeTimeout: optional(duration('A whole response. `0s`: no limit. Default: `0s`.')),
      idleTimeout: optional(duration('An idle keep-alive connection. `0s`: no limit. Default: `180s`.')),
    }),
  ),
  lifeCycle: optional(lifeCycleSchema),
  keepAliveMaxRequests: optional(
    integer(
      'The answer to so many requests of one connection asks the client for another connection. 0: no limit. Default: 0.',
      count,
    ),
  ),
  keepAliveMaxTime: optional(
    duration('As `keepAliveMaxRequests`, by the age of the connection. `0s`: no limit. Default: `0s`.'),
  ),
});

const http = {
  tls: optional(entryPointTlsSchema),
  middlewares: optional(
    list(
      'Middlewares of every router here, before its own; `name@provider`, or `name` for the file provider.',
      string('A middleware.', { minLength: 1 }),
    ),
  ),
  maxHeaderBytes: optional(
    integer('Bytes of a request head; more is 431. Default: 65536.', {
      minimum: 1024,
      maximum: 16_777_216,
    }),
  ),
  ...requestRules,
};
const httpSchema = object('HTTP on this entrypoint.', {
  ...http,
  redirections: optional(redirectionsSchema),
});
const uplinkHttpSchema = object('HTTP on this entrypoint.', http);

const forwardedHeadersSchema = object(
  'Whose `X-Forwarded-…` and `X-Real-Ip` fields are kept; from anyone else they are replaced.',
  {
    insecure: optional(boolean('Trust everyone. Never on a public entrypoint. Default: false.')),
    trustedIPs: optional(
      list('Trusted peers. Default: none.', string('IP address or CIDR.', { format: 'cidr' })),
    ),
    connection: optional(
      list(
        'Fields that middlewares see though `Connection` names them; endpoints do not get them. Default: none.',
        string('A field.', { format: 'header-name' }),
      ),
    ),
    notAppendXForwardedFor: optional(
      boolean('Whether the peer is left out of `X-Forwarded-For`. Default: false.'),
    ),
  },
);

const address = string('Host (all, if left out) and port it listens on, such as `:8080`.', {
  format: 'address',
});
const asDefault = optional(
  boolean('Whether what names no entrypoints is reachable here; when none says so, on all. Default: false.'),
);

export const entryPointSchema = object(
  'A listening port and its connection rules.',
  {
    address,
    asDefault,
    http: optional(httpSchema),
    http2: optional(http2Schema({ streams: 250, list: 65536, resets: 200, table: 4096 })),
    forwardedHeaders: optional(forwardedHeadersSchema),
    proxyProtocol: optional(proxyProtocolSchema),
    transport: optional(transportSchema),
    limits: optional(limitsSchema),
  },
  { notYet: entryPointNotYet },
);
export type EntryPointConfig = Static<typeof entryPointSchema>;

export const uplinkEntryPointSchema = object(
  'A listening port for parents only: TLS 1.3, both sides prove who they are. Forwarded headers are trusted.',
  {
    address,
    asDefault,
    http: optional(uplinkHttpSchema),
    http2: optional(http2Schema({ streams: 2000, list: 98304, resets: 0, table: 65_536 })),
    forwardedHeaders: optional(
      object('Accepted for Traefik: a parent that proved its identity is always trusted.', {
        insecure: optional(boolean('Accepted and without effect.')),
        trustedIPs: optional(list('Accepted and without effect.', string('CIDR.', { format: 'cidr' }))),
      }),
    ),
    proxyProtocol: optional(proxyProtocolSchema),
    transport: optional(transportSchema),
    limits: optional(limitsSchema),
  },
  { notYet: entryPointNotYet },
);
export type UplinkEntryPointConfig = Static<typeof uplinkEntryPointSchema>;
