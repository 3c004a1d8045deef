/** Schemas of `weighted` and `highestRandomWeight`. */
import { integer, list, object, optional, type Static } from '@ficus/common/config/schema.ts';
import { circuitBreakerSchema } from '../middleware/circuit-breaker.ts';
import { hashOn, propagated, serviceName, weight } from './shared.ts';
import { stickySchema } from './sticky.ts';

const legs = (description: string) =>
  list(
    description,
    object('One leg.', {
      name: serviceName('Service: `name`, or `name@provider` such as `orders@multicluster`.'),
      weight: optional(integer('Share beside the other legs; 0 takes none. Default: 1.', weight)),
    }),
    { minItems: 1 },
  );

export const weightedSchema = object('Spreads requests over services by weight.', {
  services: legs('The services. A leg whose endpoints are all down gives its share to the others.'),
  sticky: optional(stickySchema),
  circuitBreaker: optional(circuitBreakerSchema),
  healthCheck: propagated,
});
export type WeightedConfig = Static<typeof weightedSchema>;

export const highestRandomWeightSchema = object(
  'Brings requests that are alike to the same service; when one goes, only what it had moves.',
  {
    services: legs('The services.'),
    hashOn: optional(hashOn('What makes')),
    healthCheck: propagated,
  },
);
export type HighestRandomWeightConfig = Static<typeof highestRandomWeightSchema>;
