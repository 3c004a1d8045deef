/** Schema of a parent's static configuration. */
import {
  boolean,
  duration,
  integer,
  named,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { circuitBreakerSchema } from '@ficus/gateway/config/middleware/circuit-breaker.ts';
import { hubProvidersSchema, providersSchema } from '@ficus/gateway/config/providers.ts';
import { stickySchema } from '@ficus/gateway/config/service-kinds/sticky.ts';
import { pingTimes } from '@ficus/gateway/config/services.ts';
import {
  accessLogSchema,
  entryPointsSchema,
  hubNotYet,
  logSchema,
  staticInstead,
  staticNotYet,
} from '@ficus/gateway/config/static.ts';

const text = { minLength: 1 };

/** Not supported: what would replace the mesh's own mutual TLS, and what is not tuned per child yet. */
const childTransportSchema = object(
  'How its uplink is dialled. Certificates and names are those of the mesh.',
  {
    disableHTTP2: optional(boolean('Whether the uplink is HTTP/1.1 only. Default: false.')),
    forwardingTimeouts: optional(
      object(
        'Deadlines of the connections to it.',
        pingTimes({ readIdle: '`5s`; `0s` is never', ping: '`5s`' }),
        {
          notYet: ['dialTimeout', 'responseHeaderTimeout', 'idleConnTimeout', 'readTimeout', 'writeTimeout'],
        },
      ),
    ),
  },
  {
    notYet: [
      'serverName',
      'insecureSkipVerify',
      'rootCAs',
      'certificates',
      'maxIdleConnsPerHost',
      'minVersion',
      'maxVersion',
      'cipherSuites',
      'peerCertURI',
      'spiffe',
    ],
  },
);

export type ChildTransportConfig = Static<typeof childTransportSchema>;

const childSchema = object('A child whose address is given here instead of at its join.', {
  address: string("Address of the child's uplink entrypoint, such as `vm-1.example.com:9443`.", {
    format: 'uplink-address',
  }),
  serversTransport: optional(childTransportSchema),
});

const multiclusterSchema = object(
  'Discovers children and serves what they advertise as `<name>@multicluster` and `<name>/<child>@multicluster`.',
  {
    enabled: optional(boolean('Turns it off without removing it. Default: true when the key is there.')),
    children: optional(
      named('Addresses of children, by name. Children that joined are known without.', 'child', childSchema, {
        keyFormat: 'node-name',
      }),
    ),
    uplinks: optional(
      named(
        'How aggregated services are served, by the name that children expose.',
        'uplink',
        object('One `<name>@multicluster`.', {
          sticky: optional(stickySchema),
          circuitBreaker: optional(circuitBreakerSchema),
        }),
        { keyFormat: 'exposed-name' },
      ),
    ),
    pollInterval: optional(duration('Accepted for Traefik: children are watched, not polled.')),
    pollTimeout: optional(duration('Accepted for Traefik: children are watched, not polled.')),
  },
  { allowEmpty: true },
);

export const parentSchema = object(
  'The static configuration of `ficus parent --config parent.yaml`. With `entryPoints` and `providers.file` alone it is a plain reverse proxy.',
  {
    name: optional(
      string('Name of this parent, in its SPIFFE ID. Default: `parent`.', { format: 'node-name' }),
    ),
    stateDirectory: optional(
      string(
        'Folder of its authority, store and last good state, relative to this file. Default: `./state`.',
        text,
      ),
    ),
    trustDomain: optional(
      string('Trust domain of every SPIFFE ID. Fixed once children joined. Default: `ficus.internal`.', {
        format: 'trust-domain',
      }),
    ),
    workers: optional(
      integer('Data-plane worker processes; 0 serves in the main process. Default: one for each core.', {
        minimum: 0,
        maximum: 1024,
      }),
    ),
    entryPoints: entryPointsSchema,
    providers: optional(providersSchema(multiclusterSchema)),
    hub: optional(
      object(
        "Traefik Hub's prefix: the same keys, without, mean the same.",
        { providers: optional(hubProvidersSchema(multiclusterSchema)) },
        { notYet: hubNotYet },
      ),
    ),
    join: optional(
      object(
        'The listener that children join and renew at.',
        {
          address: optional(string('Where it listens. Default: `:8443`.', { format: 'address' })),
          advertise: optional(
            string('URL printed in the join command. Default: `https://`, the host name and the port.', {
              format: 'http-url',
            }),
          ),
          certificateTtl: optional(
            duration("Life of children's certificates; they renew at half of it. Default: `24h`."),
          ),
        },
        { allowEmpty: true },
      ),
    ),
    install: optional(
      object('What new machines install from the join listener, at `/install/`.', {
        enabled: optional(boolean('Whether anything is served there. Default: true.')),
        directory: optional(
          string(
            'Folder of the install bundle that `npm run package` makes, relative to this file. Default: a packaged parent makes one from its own executable in `<stateDirectory>/install`; from source there is none.',
            text,
          ),
        ),
      }),
    ),
    admin: optional(
      object(
        'The admin API. With children there always is one; a plain reverse proxy has one if this key is there.',
        {
          socket: optional(
            string('Unix socket of the local `ficus` command. Default: `<stateDirectory>/admin.sock`.', text),
          ),
          address: optional(
            string('Also listen here, with the bearer token, such as `127.0.0.1:8081`. Default: no.', {
              format: 'address',
            }),
          ),
          insecure: optional(
            boolean(
              'Whether `address` may be one that other machines reach, although the token then travels without TLS. Default: false.',
            ),
          ),
        },
      ),
    ),
    ca: optional(
      object("The operator's own authority, instead of the one made in the state directory.", {
        certFile: string('CA certificate, with intermediates up to the root: PEM file.', text),
        keyFile: string('Its private key: PEM file.', text),
        rootsFile: optional(
          string('Every root that is trusted: PEM file. Default: the last of `certFile`.', text),
        ),
      }),
    ),
    log: optional(logSchema),
    accessLog: optional(accessLogSchema),
  },
  { notYet: staticNotYet, instead: staticInstead },
);
/** What a person wrote. */
export type ParentFile = Static<typeof parentSchema>;
