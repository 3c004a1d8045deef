/** Schemas of services. */
import { duration, list, object, optional, type Static, string } from '@ficus/common/config/schema.ts';
import { failoverSchema } from './service-kinds/failover.ts';
import { loadBalancerSchema } from './service-kinds/load-balancer.ts';
import { mirroringSchema } from './service-kinds/mirroring.ts';
import { highestRandomWeightSchema, weightedSchema } from './service-kinds/weighted.ts';

export const serviceSchema = object('Chooses where a request goes. Exactly one of the kinds.', {
  loadBalancer: optional(loadBalancerSchema),
  weighted: optional(weightedSchema),
  highestRandomWeight: optional(highestRandomWeightSchema),
  mirroring: optional(mirroringSchema),
  failover: optional(failoverSchema),
  middlewares: optional(
    list(
      'Middlewares of whatever goes to this service, first to last. A `circuitBreaker` among them makes the service count as down while it is open.',
      string('A middleware.', { minLength: 1 }),
    ),
  ),
});
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
