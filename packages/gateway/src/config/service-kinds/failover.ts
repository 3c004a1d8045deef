/** Schema of `failover`. */
import {
  boolean,
  integer,
  list,
  object,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { propagated, serviceName } from './shared.ts';

export const failoverSchema = object('Uses a second service while the first is down.', {
  service: serviceName('The service that answers while it can.'),
  fallback: serviceName('The service that answers in its place.'),
  errors: optional(
    object('Answers of the first service that are replaced by one of the fallback.', {
      status: list(
        'Status codes or ranges such as `500-504`; refusals of the gateway (502, 503, 504) count like answers.',
        string('A code or a range.', { format: 'status-codes' }),
        { minItems: 1 },
      ),
      maxRequestBodyBytes: optional(
        integer(
          'Bytes of a body that are kept to be sent again; a request with more keeps its answer. Default: 1048576; -1 is the default too.',
          { minimum: -1, maximum: 67_108_864 },
        ),
      ),
      replayNonIdempotent: optional(
        boolean(
          'Whether POST, PATCH and the like are sent again too, although the first service may have acted on them. Default: false.',
        ),
      ),
    }),
  ),
  healthCheck: propagated,
});
export type FailoverConfig = Static<typeof failoverSchema>;
