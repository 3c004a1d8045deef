/** Schema of `circuitBreaker`. */
import { duration, integer, object, optional, type Static, string } from '@ficus/common/config/schema.ts';

export const circuitBreakerSchema = object(
  'Answers in place of what fails too often, until it has recovered.',
  {
    expression: string(
      'When it opens, such as `NetworkErrorRatio() > 0.30 || LatencyAtQuantileMS(50.0) > 100`.',
      { minLength: 1 },
    ),
    checkPeriod: optional(duration('How often the expression is looked at. Default: `100ms`.')),
    fallbackDuration: optional(duration('How long it stays open. Default: `10s`.')),
    recoveryDuration: optional(
      duration('How long it lets a growing share through before it closes. Default: `10s`.'),
    ),
    responseCode: optional(
      integer('Status it answers with while open. Default: 503.', { minimum: 200, maximum: 599 }),
    ),
    minRequests: optional(
      integer('Requests there must have been in the last ten seconds before it opens. Default: 1.', {
        minimum: 1,
        maximum: 1_000_000,
      }),
    ),
    fallbackService: optional(
      string('Service that answers while it is open, in place of `responseCode`.', { minLength: 1 }),
    ),
  },
);
export type CircuitBreakerConfig = Static<typeof circuitBreakerSchema>;
