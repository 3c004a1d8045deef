/** Schema of `inFlightReq`. */
import { integer, object, optional, type Static } from '@ficus/common/config/schema.ts';
import { sourceCriterionSchema } from './source-criterion.ts';

export const inFlightReqSchema = object(
  'Refuses requests of a source that has too many of them under way, with status 429.',
  {
    amount: integer('Requests of one source that may be under way at once; 0 refuses every one.', {
      minimum: 0,
      maximum: 1_000_000_000,
    }),
    sourceCriterion: optional(sourceCriterionSchema('the host')),
  },
);
export type InFlightReqConfig = Static<typeof inFlightReqSchema>;
