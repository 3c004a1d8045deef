/** The base file: what VMs do not say of their service, such as its port, scheme, strategy and health check. */
import { type Decoded, decodeYaml, type ReportProblem } from '@ficus/common/config/decode.ts';
import {
  boolean,
  integer,
  named,
  object,
  oneOf,
  optional,
  type Schema,
  type Static,
} from '@ficus/common/config/schema.ts';
import { type UplinkConfig, uplinkSchema } from '@ficus/gateway/config/dynamic.ts';
import { checkHealthCheck } from '@ficus/gateway/config/health-check.ts';
import {
  checkHashOn,
  type LoadBalancerConfig,
  loadBalancerSchema,
} from '@ficus/gateway/config/service-kinds/load-balancer.ts';
import { type ServiceConfig, serviceSchema } from '@ficus/gateway/config/services.ts';

const serverSchema = object(
  'What all endpoints of the service have in common; their addresses are those of the VMs.',
  {
    port: optional(
      integer('Port on the VMs; their category goes before it. Default: `port` of the provider.', {
        minimum: 1,
        maximum: 65_535,
      }),
    ),
    scheme: optional(
      oneOf('Scheme; `h2c` is HTTP/2 without TLS. Default: `http`.', ['http', 'https', 'h2c']),
    ),
    weight: optional(
      integer('Share of a VM without one of its own. Default: 1.', { minimum: 0, maximum: 1000 }),
    ),
    preservePath: optional(boolean('As in Traefik; without effect, VMs have no path. Default: false.')),
  },
);

type BaseLoadBalancer = Omit<LoadBalancerConfig, 'servers'> & {
  readonly server?: Static<typeof serverSchema>;
};
export type BaseService = Omit<ServiceConfig, 'loadBalancer'> & { readonly loadBalancer?: BaseLoadBalancer };

const { servers: _, ...balancerKeys } = loadBalancerSchema.properties ?? {};
const baseLoadBalancer = {
  ...loadBalancerSchema,
  properties: { server: serverSchema, ...balancerKeys },
  elsewhere: { servers: 'are the VMs themselves: write server: {port: 8080} instead' },
} as Schema<BaseLoadBalancer>;

const { loadBalancer: __, middlewares } = serviceSchema.properties ?? {};
const baseService = {
  ...serviceSchema,
  properties: { loadBalancer: baseLoadBalancer, middlewares },
} as Schema<BaseService>;

const names = { keyFormat: 'exposed-name' };
const baseSchema = object('The base file of the Prism Central provider.', {
  http: optional(
    object('What VMs do not say.', {
      services: optional(named('Services, by category value.', 'category value', baseService, names)),
      uplinks: optional(
        named('How they are advertised, by category value.', 'category value', uplinkSchema, names),
      ),
    }),
  ),
});

/** By category value. */
export interface Base {
  readonly services: Readonly<Record<string, BaseService>>;
  readonly uplinks: Readonly<Record<string, UplinkConfig>>;
}

export const emptyBase: Base = { services: {}, uplinks: {} };

/** Never throws. */
export function decodeBase(text: string, file: string): Decoded<Base> {
  const decoded = decodeYaml({ text, file, schema: baseSchema, check });
  if (!decoded.ok) return decoded;
  const { services = {}, uplinks = {} } = decoded.value.http ?? {};
  return { ...decoded, value: { services, uplinks } };
}

function check({ http }: Static<typeof baseSchema>, report: ReportProblem): void {
  for (const [name, { loadBalancer, middlewares: layers }] of Object.entries(http?.services ?? {})) {
    const path = ['http', 'services', name];
    const balancer = [...path, 'loadBalancer'];
    checkHealthCheck(loadBalancer?.healthCheck, [...balancer, 'healthCheck'], report);
    checkHashOn(loadBalancer, balancer, report);
    const { serversTransport } = loadBalancer ?? {};
    if (serversTransport !== undefined)
      qualified(serversTransport, [...balancer, 'serversTransport'], report);
    for (const [index, layer] of (layers ?? []).entries()) {
      qualified(layer, [...path, 'middlewares', index], report);
    }
  }
  for (const [name, { healthCheck }] of Object.entries(http?.uplinks ?? {})) {
    checkHealthCheck(healthCheck, ['http', 'uplinks', name, 'healthCheck'], report);
  }
}

/** Nothing but services and uplinks is of this provider. */
function qualified(name: string, path: readonly (string | number)[], report: ReportProblem): void {
  if (name.includes('@')) return;
  const example = JSON.stringify(`${name.slice(0, 40)}@file`);
  report(path, `want the provider with it, such as ${example} or "…@child"`);
}
