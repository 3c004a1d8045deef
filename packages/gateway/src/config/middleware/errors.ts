/** Schema of `errors`. */
import {
  list,
  named,
  object,
  optional,
  type Schema,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { serviceName } from '../service-kinds/shared.ts';

/** Traefik takes `404` and `"404"`. */
const rewritten: Schema<string | number> = {
  type: ['string', 'integer'],
  description: 'The status that the client gets.',
  format: 'status-codes',
  minimum: 200,
  maximum: 599,
};

export const errorsSchema = object('Answers with the page of a service in place of an error.', {
  status: list(
    'Status codes or ranges such as `500-599` that get a page; refusals of the gateway (404, 502, 503, 504 …) count like answers.',
    string('A code or a range.', { format: 'status-codes' }),
    { minItems: 1 },
  ),
  statusRewrites: optional(
    named('Statuses that clients get in place of these, of those in `status`.', 'status', rewritten, {
      keyFormat: 'status-codes',
    }),
  ),
  service: serviceName(
    'The service that has the pages. While it cannot be reached clients get the answer as it was.',
  ),
  query: optional(
    string(
      'Path and query of the page: `{status}` stands for the status that the client gets, `{originalStatus}` for the one before `statusRewrites`, `{url}` for the path and query of the request, percent-encoded. Default: `/`.',
    ),
  ),
  errorRequestHeaders: optional(
    list(
      'The only fields of the request that the service gets. Default: all but those about its body, ranges and conditions.',
      string('A field name.', { format: 'header-name' }),
    ),
  ),
});
export type ErrorsConfig = Static<typeof errorsSchema>;
