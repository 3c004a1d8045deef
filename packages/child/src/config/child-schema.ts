/** Schema of a child's static configuration. */
import {
  boolean,
  integer,
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
    providers: optional(providersSchema(multiclusterSchema)),
    hub: optional(
      object(
        "Traefik Hub's prefix: the same keys, without, mean the same.",
        {
          uplinkEntryPoints: optional(uplinkEntryPointsSchema),
          providers: optional(hubProvidersSchema(multiclusterSchema)),
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
