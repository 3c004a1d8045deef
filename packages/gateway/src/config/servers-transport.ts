/** Schema of the transports that services dial with. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';
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
import { pingTimes } from './services.ts';
import { certificatePair, checkCipherSuites, tlsLimits } from './tls.ts';

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
        'Client certificates; the first is shown to endpoints that ask for one. With TLS 1.3 an endpoint that cannot do with its type of key gets the first of another type.',
        object('A client certificate.', certificatePair),
      ),
    ),
    peerCertURI: optional(
      string('URI the certificate of the endpoint must carry; host names are then not compared.', {
        format: 'spiffe-uri',
      }),
    ),
    peerCertSANs: optional(
      list(
        'Names of which the certificate of the endpoint must carry one; its host name is then not compared.',
        object('A subject alternative name.', {
          type: oneOf('Kind of name.', ['URI', 'DNSName']),
          value: string('The name, exactly; in host names capitals make no difference.', { minLength: 1 }),
        }),
      ),
    ),
    ...tlsLimits('`VersionTLS12`'),
    maxIdleConnsPerHost: optional(
      integer('Idle connections kept for each endpoint. Default: 200; 0 is the default too.', {
        minimum: 0,
        maximum: 100_000,
      }),
    ),
    proxyProtocol: optional(
      object(
        'Present: a PROXY header tells endpoints who the client is. Every request then gets a connection of its own, over HTTP/1.1.',
        { version: optional(integer('Version of the header. Default: 2.', { minimum: 1, maximum: 2 })) },
        { allowEmpty: true },
      ),
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
  { notYet: ['spiffe'] },
);
export type ServersTransportConfig = Static<typeof serversTransportSchema>;

/** What the schema cannot say. `path`: where the transports are. */
export function checkServersTransports(
  transports: Readonly<Record<string, ServersTransportConfig>> | undefined,
  report: ReportProblem,
  path: readonly string[],
): void {
  for (const [key, { cipherSuites, peerCertURI, peerCertSANs }] of Object.entries(transports ?? {})) {
    checkCipherSuites(cipherSuites, report, [...path, key]);
    if (peerCertURI !== undefined && peerCertSANs !== undefined)
      report([...path, key, 'peerCertURI'], 'peerCertSANs says the same and more: keep only that');
  }
}
