/** Schema of `contentType`. */
import { boolean, object, optional, type Static } from '@ficus/common/config/schema.ts';

export const contentTypeSchema = object(
  'Gives responses that have no `Content-Type` one that fits the beginning of their bodies.',
  {
    autoDetect: optional(
      boolean(
        'Accepted for Traefik, which has deprecated it: false turns the middleware off. Default: true.',
      ),
    ),
  },
  { allowEmpty: true },
);
export type ContentTypeConfig = Static<typeof contentTypeSchema>;
