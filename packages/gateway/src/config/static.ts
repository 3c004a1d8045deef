/** Pieces of static configuration that parents and children share, with Traefik's names. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';
import {
  boolean,
  duration,
  list,
  named,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { type EntryPointConfig, entryPointSchema, uplinkEntryPointSchema } from './entry-points.ts';

/** `entryPoints`. */
export const entryPointsSchema = named('Entrypoints, by name.', 'entrypoint', entryPointSchema, {
  keyFormat: 'object-name',
});
/** `uplinkEntryPoints`, with and without the `hub.` prefix. */
export const uplinkEntryPointsSchema = named(
  'Uplink entrypoints, by name.',
  'uplink entrypoint',
  uplinkEntryPointSchema,
  { keyFormat: 'object-name' },
);

/** `providers.file`. */
export const fileProviderSchema = object(
  'Dynamic configuration from files (YAML or JSON). One of `filename` and `directory`.',
  {
    filename: optional(string('One file, relative to this one.', { minLength: 1 })),
    directory: optional(
      string('Every `.yml`, `.yaml` and `.json` file in this folder and below, relative to this file.', {
        minLength: 1,
      }),
    ),
    watch: optional(boolean('Whether changes of the files take effect while serving. Default: true.')),
  },
  { notYet: ['debugLogGeneratedTemplate'] },
);
export type FileProviderConfig = Static<typeof fileProviderSchema>;

/** `log`. */
export const logSchema = object(
  'What the process says about itself, on standard error.',
  {
    level: optional(
      oneOf('Least severe level that is written. Default: `info`.', [
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'fatal',
      ]),
    ),
    format: optional(
      oneOf('`common` for people, `json` for programs. Default: `common`.', ['common', 'json']),
    ),
  },
  { notYet: ['noColor', 'filePath', 'maxSize', 'maxAge', 'maxBackups', 'compress', 'otlp'] },
);
export type LogConfig = Static<typeof logSchema>;

/** `accessLog`. */
export const accessLogSchema = object(
  'Present: one line for each request, written when its response is out, in batches of 100 ms. `SIGUSR1` reopens the file.',
  {
    filePath: optional(
      string('File that lines are appended to, relative to this one. Default: standard output.', {
        minLength: 1,
      }),
    ),
    format: optional(
      oneOf('`common` (CLF) or `json`. Default: `common`.', ['common', 'json'], { notYet: ['genericCLF'] }),
    ),
    filters: optional(
      object('Only requests that at least one of these takes. Default: all.', {
        statusCodes: optional(
          list(
            'Status codes of responses.',
            string('A code or a range, such as `404` or `500-599`.', { format: 'status-codes' }),
          ),
        ),
        retryAttempts: optional(boolean('Requests that were sent more than once. Default: false.')),
        minDuration: optional(duration('Requests that took longer. Default: 0, which takes none.')),
      }),
    ),
  },
  {
    allowEmpty: true,
    notYet: ['bufferingSize', 'fields', 'addInternals', 'otlp', 'dualOutput'],
  },
);
export type AccessLogConfig = Static<typeof accessLogSchema>;

/** Traefik's other providers: known, not supported yet. */
export const providersNotYet: readonly string[] = [
  'providersThrottleDuration',
  'precedence',
  'docker',
  'swarm',
  'kubernetesIngress',
  'kubernetesCRD',
  'kubernetesGateway',
  'kubernetesIngressNGINX',
  'knative',
  'consulCatalog',
  'nomad',
  'ecs',
  'consul',
  'etcd',
  'zooKeeper',
  'redis',
  'http',
  'plugin',
  'rest',
];
/** Where some of `staticNotYet` went. */
export const staticInstead: Readonly<Record<string, string>> = {
  api: 'the API is on the admin socket and at admin.address',
  metrics: '/metrics is on the admin socket and at admin.address',
  ping: '/v1/healthz is on the admin socket and at admin.address',
  certificatesResolvers: 'name certificate files in tls.certificates of a dynamic file',
  serversTransport: 'name a transport under http.serversTransports and in the services that need it',
  global: 'leave it out, nothing is sent home',
};

/** Traefik's other static keys: known, not supported yet. */
export const staticNotYet: readonly string[] = [
  'global',
  'serversTransport',
  'tcpServersTransport',
  'api',
  'metrics',
  'ping',
  'tracing',
  'hostResolver',
  'certificatesResolvers',
  'experimental',
  'core',
  'spiffe',
  'ocsp',
];
/** Traefik Hub's other providers and keys. */
export const hubProvidersNotYet: readonly string[] = [
  'consulCatalogEnterprise',
  'microcks',
  'ec2',
  'gce',
  'azureVM',
  'aci',
  'oci',
  'vsphere',
  'proxmox',
  'hyperv',
  'morpheus',
  'alibaba',
];
export const hubNotYet: readonly string[] = [
  'token',
  'offline',
  'sendlogs',
  'apimanagement',
  'experimental',
  'redis',
  'tracing',
  'pluginRegistry',
  'aigateway',
  'mcpgateway',
  'namespaces',
  'platformUrl',
  'metrics',
  'admission',
];

/** Reports what the schema cannot say about `providers.file`. */
export function checkFileProvider(config: FileProviderConfig | undefined, report: ReportProblem): void {
  if (config === undefined || (config.filename === undefined) !== (config.directory === undefined)) return;
  const found = config.filename === undefined ? 'neither' : 'both';
  report(['providers', 'file'], `want exactly one of filename, directory, got ${found}`);
}

/** Times of a graceful stop, for the whole process: the longest of its entrypoints. */
export interface LifeCycle {
  readonly lameDuckMs: number;
  readonly graceMs: number;
}

/** Lame duck 5 s and grace 10 s unless entrypoints say otherwise. */
export function lifeCycle(entryPoints: Iterable<Pick<EntryPointConfig, 'transport'>>): LifeCycle {
  let lameDuckMs: number | undefined;
  let graceMs: number | undefined;
  for (const { transport } of entryPoints) {
    lameDuckMs = Math.max(lameDuckMs ?? 0, transport?.lifeCycle?.requestAcceptGraceTimeout ?? 5000);
    graceMs = Math.max(graceMs ?? 0, transport?.lifeCycle?.graceTimeOut ?? 10_000);
  }
  return { lameDuckMs: lameDuckMs ?? 5000, graceMs: graceMs ?? 10_000 };
}
