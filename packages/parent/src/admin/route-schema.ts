/** Short forms for what routes say about themselves in the OpenAPI document. */
import {
  explainRequestSchema,
  explanationSchema,
  routeListSchema,
} from '@ficus/common/api/explain-schemas.ts';
import { installStatusSchema } from '@ficus/common/api/install-schemas.ts';
import { mirrorStatusSchema } from '@ficus/common/api/mirror-schemas.ts';
import * as schemas from '@ficus/common/api/schemas.ts';
import type { FastifySchema } from 'fastify';

/** Every named schema, for `addSchema`. */
export const namedSchemas = [
  schemas.reasonSchema,
  schemas.optionalReasonSchema,
  schemas.tokenRequestSchema,
  schemas.weightsRequestSchema,
  schemas.modesRequestSchema,
  schemas.undoRequestSchema,
  schemas.problemSchema,
  schemas.childStatusSchema,
  schemas.uplinkStatusSchema,
  schemas.tokenInfoSchema,
  schemas.createdTokenSchema,
  schemas.historyEntrySchema,
  schemas.certificateInfoSchema,
  schemas.trustBundleSchema,
  schemas.parentStatusSchema,
  mirrorStatusSchema,
  installStatusSchema,
  explainRequestSchema,
  explanationSchema,
  routeListSchema,
];

/** A reference to a named schema. */
export const ref = (name: string) => ({ $ref: `${name}#` });
/** An object with these members, all required. */
export const object = (properties: Record<string, unknown>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
export const list = (name: string) => ({ type: 'array', items: ref(name) });

/** Documentation of one route; `body` and the parameters are also what requests are checked against. */
export function route(
  operationId: string,
  summary: string,
  response: object,
  request: { body?: object; querystring?: object; params?: string; status?: number } = {},
): { schema: FastifySchema } {
  const { body, querystring, params, status = 200 } = request;
  const problem = {
    description: 'what was expected, what was found, and the remedy',
    content: { 'application/problem+json': { schema: ref('Problem') } },
  };
  return {
    schema: {
      operationId,
      summary,
      ...(body === undefined ? {} : { body }),
      ...(querystring === undefined ? {} : { querystring }),
      ...(params === undefined ? {} : { params: object({ [params]: { type: 'string', maxLength: 300 } }) }),
      response: { [status]: { description: summary, ...response }, '4xx': problem, '5xx': problem },
    },
  };
}
