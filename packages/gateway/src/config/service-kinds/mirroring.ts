/** Schema of `mirroring`. */
import {
  boolean,
  duration,
  integer,
  list,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { hashOn, propagated, serviceName } from './shared.ts';

export const mirroringSchema = object(
  'Answers from one service and sends copies of requests to others. A copy never delays or fails a request.',
  {
    service: serviceName('The service that answers.'),
    mirrors: optional(
      list(
        'Who gets copies.',
        object('One mirror. Its answers are measured and thrown away.', {
          name: serviceName('The service that gets the copies.'),
          percent: optional(
            integer('Share of the requests that is copied, in percent. Default: 100.', {
              minimum: 0,
              maximum: 100,
            }),
          ),
          hashOn: optional(
            hashOn('Copies always the same clients, instead of every n-th request. What makes'),
          ),
          methods: optional(
            list(
              'Methods that are copied. Default: all.',
              string('A method such as `GET`.', { format: 'method' }),
              { minItems: 1 },
            ),
          ),
        }),
      ),
    ),
    mirrorBody: optional(boolean('Whether copies have bodies. Default: true.')),
    maxBodySize: optional(
      integer(
        'Requests with a larger body are not copied; one whose length is not known beforehand is broken off there. Default: -1, no limit; then 1 MiB of a body may wait for a mirror.',
        { minimum: -1, maximum: 67_108_864 },
      ),
    ),
    timeout: optional(duration('How long one copy may take. Default: `30s`.')),
    maxInFlight: optional(
      integer('Copies under way at once in one worker; more are dropped. Default: 100.', {
        minimum: 1,
        maximum: 10_000,
      }),
    ),
    healthCheck: propagated,
  },
);
export type MirroringConfig = Static<typeof mirroringSchema>;
