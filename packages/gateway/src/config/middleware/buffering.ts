/** Schema of `buffering`. */
import { integer, object, optional, type Static, string } from '@ficus/common/config/schema.ts';

const most = 1_099_511_627_776;
const mostInMemory = 67_108_864;

export const bufferingSchema = object(
  'Takes request bodies in whole before an endpoint is asked, and limits bodies.',
  {
    maxRequestBodyBytes: optional(
      integer('Larger request bodies are refused with status 413. Default: 0 (no limit).', {
        minimum: 0,
        maximum: most,
      }),
    ),
    memRequestBodyBytes: optional(
      integer('What is beyond goes to a temporary file. Default: 1048576.', {
        minimum: 0,
        maximum: mostInMemory,
      }),
    ),
    maxResponseBodyBytes: optional(
      integer(
        'Larger responses become status 500; those that do not say their length are taken in before. Default: 0 (no limit, and responses pass as they come).',
        { minimum: 0, maximum: most },
      ),
    ),
    memResponseBodyBytes: optional(
      integer('What is beyond goes to a temporary file. Default: 1048576.', {
        minimum: 0,
        maximum: mostInMemory,
      }),
    ),
    retryExpression: optional(
      string(
        'When a request is sent again, in Traefik’s language, such as `IsNetworkError() && Attempts() < 3`; never one that might do harm twice. Default: as without this middleware.',
        { minLength: 1 },
      ),
    ),
  },
  { allowEmpty: true },
);
export type BufferingConfig = Static<typeof bufferingSchema>;
