/** Schema of `loadBalancer`. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';
import {
  boolean,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { healthCheckSchema, passiveHealthCheckSchema } from '../health-check.ts';
import { hashOn, weight } from './shared.ts';
import { stickySchema } from './sticky.ts';

const serverSchema = object('One endpoint.', {
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
  fenced: optional(
    boolean('Whether it takes only requests whose `sticky` cookie leads to it. Default: false.'),
  ),
});

export const loadBalancerSchema = object('Spreads requests over endpoints.', {
  servers: optional(list('The endpoints. None: every request is answered 503.', serverSchema)),
  strategy: optional(
    oneOf(
      'How an endpoint is chosen: `wrr`, smooth weighted round robin; `p2c`, the less busy of two random ones; `hrw`, always the same one for the same client; `leasttime`, the one that answers soonest. Default: `wrr`.',
      ['wrr', 'p2c', 'hrw', 'leasttime'],
    ),
  ),
  hashOn: optional(hashOn('With `hrw`: what makes')),
  sticky: optional(stickySchema),
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
});
export type LoadBalancerConfig = Static<typeof loadBalancerSchema>;

/** A key that would count for nothing is a mistake. */
export function checkHashOn(
  balancer: LoadBalancerConfig | undefined,
  path: readonly string[],
  report: ReportProblem,
): void {
  if (balancer?.hashOn === undefined || balancer.strategy === 'hrw') return;
  report([...path, 'hashOn'], `hashOn counts with "strategy: hrw" only, got ${balancer.strategy ?? 'wrr'}`);
}
