/** Schemas of services and of the transports they dial with. */
import {
  boolean,
  duration,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { healthCheckSchema, passiveHealthCheckSchema } from './health-check.ts';

const weight = { minimum: 0, maximum: 1_000_000 };

const serverSchema = object(
  'One endpoint.',
  {
    url: string(
      'Scheme (`http`, `https`, or `h2c` for HTTP/2 without TLS), host and port of the endpoint, and a path if `preservePath` is on.',
      { format: 'endpoint-url' },
    ),
    weight: optional(
      integer('Share of the requests beside the other endpoints; 0 takes none. Default: 1.', weight),
    ),
    preservePath: optional(
      boolean("Whether the path of `url` is put before the request's path. Default: false."),
    ),
  },
  { notYet: ['fenced'] },
);

export const loadBalancerSchema = object(
  'Spreads requests over endpoints.',
  {
    servers: optional(list('The endpoints. None: every request is answered 503.', serverSchema)),
    strategy: optional(
      oneOf('How an endpoint is chosen: `wrr`, smooth weighted round robin. Default: `wrr`.', ['wrr'], {
        notYet: ['p2c', 'hrw', 'leasttime'],
      }),
    ),
    passHostHeader: optional(
      boolean(
        "Whether the client's Host goes to the endpoint; if not, the host of its `url` does. Default: true.",
      ),
    ),
    healthCheck: optional(healthCheckSchema),
    passiveHealthCheck: optional(passiveHealthCheckSchema),
    serversTransport: optional(
      string('Name of the serversTransport that dials the endpoints. Default: the built-in one.', {
        minLength: 1,
      }),
    ),
    responseForwarding: optional(
      object('Accepted for Traefik; every piece of a body is forwarded at once.', {
        flushInterval: optional(
          string('Accepted and without effect: nothing is held back.', { format: 'signed-duration' }),
        ),
      }),
    ),
  },
  { notYet: ['sticky'] },
);
export type LoadBalancerConfig = Static<typeof loadBalancerSchema>;

export const weightedSchema = object(
  'Spreads requests over services by weight.',
  {
    services: list(
      'The services. A leg whose endpoints are all down gives its share to the others.',
      object('One leg.', {
        name: string('Service: `name`, or `name@provider` such as `orders@multicluster`.', { minLength: 1 }),
        weight: optional(integer('Share beside the other legs; 0 takes none. Default: 1.', weight)),
      }),
      { minItems: 1 },
    ),
    healthCheck: optional(
      object('Accepted for Traefik: the health of the legs always counts.', {}, { allowEmpty: true }),
    ),
  },
  { notYet: ['sticky'] },
);
export type WeightedConfig = Static<typeof weightedSchema>;

export const serviceSchema = object(
  'Chooses where a request goes. Exactly one of the kinds.',
  { loadBalancer: optional(loadBalancerSchema), weighted: optional(weightedSchema) },
  { notYet: ['mirroring', 'failover', 'highestRandomWeight', 'middlewares'] },
);
export type ServiceConfig = Static<typeof serviceSchema>;

/** How HTTP/2 connections are seen to be dead; the defaults as the manual writes them. */
export function pingTimes(defaults: { readonly readIdle: string; readonly ping: string }) {
  return {
    readIdleTimeout: optional(
      duration(`Silence on an HTTP/2 connection before it is pinged. Default: ${defaults.readIdle}.`),
    ),
    pingTimeout: optional(
      duration(
        `An HTTP/2 connection that does not answer a ping for this long is closed. \`0s\` is the default too. Default: ${defaults.ping}.`,
      ),
    ),
  };
}

const tlsVersion = ['VersionTLS12', 'VersionTLS13'] as const;

export const serversTransportSchema = object(
  'How endpoints are dialled.',
  {
    serverName: optional(string('Server name for SNI and verification. Default: the host of the endpoint.')),
    insecureSkipVerify: optional(
      boolean('Whether the certificate of the endpoint is taken unverified. Never do this. Default: false.'),
    ),
    rootCAs: optional(
      list('Trusted roots: PEM files or PEM text. Default: those of the system.', string('File or PEM.')),
    ),
    certificates: optional(
      list(
        'Client certificates; the first is shown to endpoints that ask for one.',
        object('A client certificate.', {
          certFile: string('Certificate chain, leaf first: PEM file or PEM text.', { minLength: 1 }),
          keyFile: string('Private key: PEM file or PEM text.', { minLength: 1 }),
        }),
      ),
    ),
    peerCertURI: optional(
      string('URI the certificate of the endpoint must carry; host names are then not compared.', {
        format: 'spiffe-uri',
      }),
    ),
    minVersion: optional(oneOf('Lowest TLS version. Default: `VersionTLS12`.', tlsVersion)),
    maxIdleConnsPerHost: optional(
      integer('Idle connections kept for each endpoint. Default: 200; 0 is the default too.', {
        minimum: 0,
        maximum: 100_000,
      }),
    ),
    disableHTTP2: optional(boolean('Whether HTTP/2 is never offered to endpoints. Default: false.')),
    forwardingTimeouts: optional(
      object(
        'Deadlines of the connections to endpoints.',
        {
          dialTimeout: optional(duration('Longest wait for a connection, TLS included. Default: `30s`.')),
          responseHeaderTimeout: optional(
            duration('Longest wait for the head of a response. Default: `0s` (no limit).'),
          ),
          idleConnTimeout: optional(duration('Idle connections are closed after this. Default: `90s`.')),
          ...pingTimes({ readIdle: '`0s` (never)', ping: '`15s`' }),
        },
        { notYet: ['readTimeout', 'writeTimeout'] },
      ),
    ),
  },
  { notYet: ['cipherSuites', 'maxVersion', 'peerCertSANs', 'spiffe'] },
);
export type ServersTransportConfig = Static<typeof serversTransportSchema>;
