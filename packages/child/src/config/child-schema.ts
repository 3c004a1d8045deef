/** Schema of a child's static configuration. */
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
import { httpSchema, tlsSchema } from '@ficus/gateway/config/dynamic.ts';
import { healthCheckSchema } from '@ficus/gateway/config/health-check.ts';
import { hubProvidersSchema, providersSchema } from '@ficus/gateway/config/providers.ts';
import {
  accessLogSchema,
  entryPointsSchema,
  hubNotYet,
  logSchema,
  staticNotYet,
  uplinkEntryPointsSchema,
} from '@ficus/gateway/config/static.ts';
import { nutanixPrismCentralSchema } from '../prism/config-schema.ts';

const multiclusterSchema = object(
  'Accepted for Traefik: a child always advertises its uplinks.',
  { enabled: optional(boolean('Accepted and without effect.')) },
  { allowEmpty: true },
);

export const workloadSchema = object(
  'One workload: a service with one endpoint, a router and an uplink in one.',
  {
    url: string('Scheme (`http`, `https`, or `h2c` for HTTP/2 without TLS), host and port of the endpoint.', {
      format: 'endpoint-url',
    }),
    weight: optional(
      integer("Share beside other children's, a hint that the parent's operator can overrule. Default: 1.", {
        minimum: 0,
        maximum: 1000,
      }),
    ),
    healthCheck: optional(healthCheckSchema),
  },
);
export type WorkloadConfig = Static<typeof workloadSchema>;

const joinSchema = object(
  'How this child joins by itself at its first start. Without effect once it has an identity.',
  {
    url: string("The parent's join listener, such as `https://parent.example.com:8443`.", {
      format: 'http-url',
    }),
    tokenFile: string('File with the one-time token, relative to this file; deleted once it was used.', {
      minLength: 1,
    }),
    caPins: list(
      'Pins of the parent: several while its root is being replaced, one match is enough.',
      string("`sha256:…` of the parent's root, as `ficus token create` prints it.", { minLength: 1 }),
      { minItems: 1 },
    ),
    address: optional(
      string('`host:port` the parent dials. Default: the address this machine calls from, and port 9443.', {
        format: 'uplink-address',
      }),
    ),
  },
);

const ofChildren = { nutanixPrismCentral: optional(nutanixPrismCentralSchema) };

export const childSchema = object(
  'The static configuration of `ficus child --config child.yaml`.',
  {
    name: optional(
      string('Name of this child; must be the one it joined with. Default: the one it joined with.', {
        format: 'node-name',
      }),
    ),
    stateDirectory: optional(
      string('Folder of its identity, relative to this file. Default: `./state`.', { minLength: 1 }),
    ),
    join: optional(joinSchema),
    workers: optional(
      integer('Data-plane worker processes; 0 serves in the main process. Default: 0.', {
        minimum: 0,
        maximum: 1024,
      }),
    ),
    workloads: optional(
      named('The short form: workloads by the name they are exposed as.', 'workload', workloadSchema, {
        keyFormat: 'exposed-name',
      }),
    ),
    uplinkEntryPoints: optional(uplinkEntryPointsSchema),
    entryPoints: optional(entryPointsSchema),
    providers: optional(providersSchema(multiclusterSchema, ofChildren)),
    hub: optional(
      object(
        "Traefik Hub's prefix: the same keys, without, mean the same.",
        {
          uplinkEntryPoints: optional(uplinkEntryPointsSchema),
          providers: optional(hubProvidersSchema(multiclusterSchema, ofChildren)),
        },
        { notYet: hubNotYet },
      ),
    ),
    http: optional(httpSchema),
    tls: optional(tlsSchema),
    log: optional(logSchema),
    accessLog: optional(accessLogSchema),
  },
  { notYet: staticNotYet },
);
/** What a person wrote. */
export type ChildFile = Static<typeof childSchema>;
