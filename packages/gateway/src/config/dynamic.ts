/** Schema and decoding of Traefik v3's dynamic configuration. */
import { type Decoded, decodeYaml, type ReportProblem } from '@ficus/common/config/decode.ts';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import { Redecoder } from '@ficus/common/config/redecode.ts';
import {
  integer,
  list,
  named,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { checkHealthCheck, healthCheckSchema, passiveHealthCheckSchema } from './health-check.ts';
import { middlewareSchema } from './middlewares.ts';
import { checkServersTransports, serversTransportSchema } from './servers-transport.ts';
import { checkHashOn } from './service-kinds/load-balancer.ts';
import { serviceSchema } from './services.ts';
import { checkTls, routerTlsSchema, tlsSchema } from './tls.ts';

export { tlsSchema } from './tls.ts';

const name = { minLength: 1 };
const key = { keyFormat: 'object-name' };

export const routerSchema = object(
  'Takes the requests its rule matches to a service, or to the routers that name it in `parentRefs`.',
  {
    rule: string('What it matches, such as ``Host(`shop.example.com`) && PathPrefix(`/api`)``.', name),
    entryPoints: optional(
      list(
        'Entrypoints it listens on. Default: all, or those with `asDefault`.',
        string('An entrypoint.', name),
      ),
    ),
    service: optional(
      string(
        'Service: `name`, or `name@provider` such as `orders@multicluster`. Required unless other routers name this one in `parentRefs`; then it has none.',
        name,
      ),
    ),
    middlewares: optional(
      list('Middlewares, first to last; `name` or `name@provider`.', string('A middleware.', name)),
    ),
    priority: optional(
      integer('Higher is tried first; 0 stands for the default, the length of the rule. Default: 0.', {
        minimum: -Number.MAX_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      }),
    ),
    tls: optional(routerTlsSchema),
    uplinks: optional(
      list(
        'Uplinks that lead to this router. It then listens on no entrypoint of its own: no `entryPoints`, no `tls`.',
        string('An uplink.', name),
        { minItems: 1 },
      ),
    ),
    parentRefs: optional(
      list(
        'Routers that lead to this one, `name` or `name@provider`: it sees requests as their middlewares left them. It then listens on no entrypoint of its own: no `entryPoints`, `tls` or `uplinks`. Default: none.',
        string('A router.', name),
      ),
    ),
    ruleSyntax: optional(oneOf('Accepted for Traefik. Default: `v3`.', ['v3'])),
  },
  { notYet: ['observability'] },
);
export type RouterConfig = Static<typeof routerSchema>;

export const uplinkSchema = object('Advertises a workload to parents.', {
  exposeName: optional(
    string('Name that parents know it by. Default: its own name.', { format: 'exposed-name' }),
  ),
  weight: optional(
    integer("Share beside other children's, a hint that the parent's operator can overrule. Default: 1.", {
      minimum: 0,
      maximum: 1000,
    }),
  ),
  healthCheck: optional(healthCheckSchema),
  passiveHealthCheck: optional(passiveHealthCheckSchema),
  entryPoints: optional(
    list(
      'Uplink entrypoints it is reachable on. Default: all, or those with `asDefault`.',
      string('An uplink entrypoint.', name),
    ),
  ),
});
export type UplinkConfig = Static<typeof uplinkSchema>;

export const httpSchema = object(
  'HTTP routing.',
  {
    routers: optional(named('Routers, by name.', 'router', routerSchema, key)),
    services: optional(named('Services, by name.', 'service', serviceSchema, key)),
    middlewares: optional(named('Middlewares, by name.', 'middleware', middlewareSchema, key)),
    serversTransports: optional(
      named('Transports to endpoints, by name.', 'serversTransport', serversTransportSchema, key),
    ),
    uplinks: optional(
      named('Workloads advertised to parents, by name (children only).', 'uplink', uplinkSchema, key),
    ),
  },
  { notYet: ['models'] },
);
export type HttpConfig = Static<typeof httpSchema>;

export const dynamicSchema = object(
  'Dynamic configuration: what may change while serving.',
  { http: optional(httpSchema), tls: optional(tlsSchema) },
  { notYet: ['tcp', 'udp'] },
);
/** What a person wrote, Traefik's keys; durations in milliseconds, no defaults filled in. */
export type DynamicConfig = Static<typeof dynamicSchema>;

/** Decodes one file of dynamic configuration (YAML or JSON). */
export function decodeDynamic(text: string, file: string): Decoded<DynamicConfig> {
  const template = goTemplate(text, file);
  if (template !== undefined) return { ok: false, problems: [template] };
  return decodeYaml({ text, file, schema: dynamicSchema, check: checkDynamic });
}

/** Decodes one file whenever it changes, and of a large file only what did. */
export class DynamicDecoder {
  readonly #file: string;
  readonly #decoder: Redecoder<DynamicConfig>;

  constructor(file: string) {
    this.#file = file;
    this.#decoder = new Redecoder({ file, schema: dynamicSchema, check: checkDynamic });
  }

  /** As `decodeDynamic`. Values that did not change are the same objects as before. */
  decode(text: string): Decoded<DynamicConfig> {
    const template = goTemplate(text, this.#file);
    return template === undefined ? this.#decoder.decode(text) : { ok: false, problems: [template] };
  }
}

/** Traefik runs files through Go's templates first; we say so instead of taking one for YAML. */
function goTemplate(text: string, file: string): ConfigProblem | undefined {
  if (!text.includes('{{')) return undefined;
  const found = /^(?![ \t]*#)([^\n]*?)\{\{/m.exec(text);
  if (found === null) return undefined;
  const line = text.slice(0, found.index).split('\n').length;
  const column = (found[1] as string).length + 1;
  const message = 'Go templates ({{ … }}) are not supported yet: write the values out';
  return { file, line, column, path: [], message };
}

/** What the schema cannot say: exactly one kind, routers of uplinks, paths of health checks. `base` is where the document sits. */
export function checkDynamic(
  config: DynamicConfig,
  report: ReportProblem,
  base: readonly string[] = [],
): void {
  const http = [...base, 'http'];
  for (const group of ['services', 'middlewares'] as const) {
    for (const [key, value] of Object.entries(config.http?.[group] ?? {})) {
      const kinds = Object.keys(value).filter((each) => group !== 'services' || each !== 'middlewares');
      if (kinds.length === 1) continue;
      const schema = group === 'services' ? serviceSchema : middlewareSchema;
      const known = Object.keys(schema.properties ?? {}).filter((each) => each !== 'middlewares');
      const message =
        kinds.length === 0
          ? `want one of ${known.join(', ')}, got none`
          : `want one kind, got ${kinds.join(' and ')}: give each a name of its own`;
      report([...http, group, key], message);
    }
  }
  checkHeaders(config, report, http);
  checkTls(config.tls, report, base);
  checkServersTransports(config.http?.serversTransports, report, [...http, 'serversTransports']);
  for (const [key, { loadBalancer }] of Object.entries(config.http?.services ?? {})) {
    const path = [...http, 'services', key, 'loadBalancer'];
    checkHealthCheck(loadBalancer?.healthCheck, [...path, 'healthCheck'], report);
    checkHashOn(loadBalancer, path, report);
  }
  for (const [key, { healthCheck }] of Object.entries(config.http?.uplinks ?? {})) {
    checkHealthCheck(healthCheck, [...http, 'uplinks', key, 'healthCheck'], report);
  }
  for (const [key, router] of Object.entries(config.http?.routers ?? {})) {
    checkListening(router, [...http, 'routers', key], report);
  }
}

/** What a router that something else leads to cannot have. */
function checkListening(router: RouterConfig, path: readonly string[], report: ReportProblem): void {
  const child = (router.parentRefs ?? []).length > 0;
  if (!child && router.uplinks === undefined) return;
  const what = child ? 'parentRefs' : 'uplinks';
  const where = child ? 'gets its requests from its parent routers only' : 'listens on its uplinks only';
  for (const forbidden of ['entryPoints', 'tls', 'uplinks'] as const) {
    if (router[forbidden] === undefined || forbidden === what) continue;
    report([...path, forbidden], `a router with ${what} cannot have ${forbidden}: it ${where}`);
  }
}

/** Fields that say how a message is framed: only the gateway can know them. */
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function checkHeaders(config: DynamicConfig, report: ReportProblem, http: readonly string[]): void {
  for (const [key, { headers }] of Object.entries(config.http?.middlewares ?? {})) {
    for (const which of ['customRequestHeaders', 'customResponseHeaders'] as const) {
      for (const name of Object.keys(headers?.[which] ?? {})) {
        if (!framing.has(name.toLowerCase())) continue;
        const path = [...http, 'middlewares', key, 'headers', which, name];
        report(path, `${name} frames the message: only the gateway sets it`, 'key');
      }
    }
  }
}
