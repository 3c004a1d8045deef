/** The admin API as one request handler, whichever listener a request came by. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify from 'fastify';
import type { TokenCheck } from './admin-token.ts';
import { strictAjv } from './ajv.ts';
import type { AdminContext, Routes } from './context.ts';
import { explainRoutes } from './explain-routes.ts';
import { legRoutes } from './leg-routes.ts';
import { openApiDocument } from './openapi.ts';
import { readRoutes } from './read-routes.ts';
import { plainReplies } from './replies.ts';
import { namedSchemas, route } from './route-schema.ts';
import { guardTcp } from './tcp-guard.ts';
import { traefikRoutes } from './traefik-routes.ts';
import { trustRoutes } from './trust-routes.ts';

export interface AdminApp {
  fromSocket(request: IncomingMessage, response: ServerResponse): void;
  /** Guarded: token, host and origin. */
  fromTcp(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Every route there is. */
const documentRoutes: Routes = (app, context) => {
  let document: Promise<object> | undefined;
  app.get(
    '/v1/openapi.json',
    route('getOpenApi', 'this document', { type: 'object', additionalProperties: true }),
    () => (document ??= openApiDocument(allRoutes, context)),
  );
};
export const allRoutes: readonly Routes[] = [
  readRoutes,
  explainRoutes,
  traefikRoutes,
  legRoutes,
  trustRoutes,
  documentRoutes,
];

export async function adminApp(options: Omit<AdminContext, 'via'>, isToken: TokenCheck): Promise<AdminApp> {
  const overTcp = new WeakSet<IncomingMessage>();
  const context: AdminContext = {
    ...options,
    via: (request) => (overTcp.has(request.raw) ? 'token' : 'socket'),
  };
  const app = Fastify({ ajv: strictAjv, bodyLimit: 256 * 1024, routerOptions: { maxParamLength: 300 } });
  plainReplies(app, options.log);
  app.addHook('onRequest', async (request) => {
    if (overTcp.has(request.raw)) guardTcp(request.headers, isToken);
  });
  for (const schema of namedSchemas) app.addSchema(schema);
  for (const add of allRoutes) add(app, context);
  await app.ready();
  return {
    fromSocket: (request, response) => app.routing(request, response),
    fromTcp(request, response) {
      overTcp.add(request);
      app.routing(request, response);
    },
    close: () => app.close(),
  };
}
