/** Schema of `retry`. */
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

export const retrySchema = object(
  'Sends a request again that has failed: to another endpoint if there is one, and never when that could do harm.',
  {
    attempts: integer('Attempts in all, counting the first: 1 means that nothing is sent again.', {
      minimum: 1,
      maximum: 100,
    }),
    initialInterval: optional(
      duration('Wait before the second attempt, growing to twice as long at the last one. Default: `0s`.'),
    ),
    timeout: optional(duration('Time after which no further attempt begins. Default: `0s` (no limit).')),
    maxRequestBodyBytes: optional(
      integer(
        'Bytes of a body that are kept to be sent again; a request with more is sent once. Default: 2097152; -1 is the default too.',
        { minimum: -1, maximum: 67_108_864 },
      ),
    ),
    status: optional(
      list(
        'Answers that are tried again, codes or ranges such as `502-504`. Default: none.',
        string('A code or a range.', { format: 'status-codes' }),
      ),
    ),
    disableRetryOnNetworkError: optional(
      boolean('Whether failed connections are not tried again. Default: false.'),
    ),
    retryNonIdempotentMethod: optional(
      boolean(
        'Whether POST, PATCH and the like are sent again too, although an endpoint may have acted on them. Default: false.',
      ),
    ),
  },
);
export type RetryConfig = Static<typeof retrySchema>;
