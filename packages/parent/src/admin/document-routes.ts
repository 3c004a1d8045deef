/** The OpenAPI document of the routes that there are. */
import type { Routes, RunningContext } from './context.ts';
import { openApiDocument } from './openapi.ts';
import { route } from './route-schema.ts';

/** `routes` and the route of their document. */
export function withDocument<C extends RunningContext>(routes: readonly Routes<C>[]): readonly Routes<C>[] {
  const all: readonly Routes<C>[] = [
    ...routes,
    (app, context) => {
      let document: Promise<object> | undefined;
      app.get(
        '/v1/openapi.json',
        route('getOpenApi', 'this document', { type: 'object', additionalProperties: true }),
        () => (document ??= openApiDocument(all, context)),
      );
    },
  ];
  return all;
}
