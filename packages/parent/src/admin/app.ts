/** The admin API as one request handler, whichever listener a request came by. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify from 'fastify';
import type { TokenCheck } from './admin-token.ts';
import { strictAjv } from './ajv.ts';
import type { Routes, RunningContext } from './context.ts';
import { plainReplies } from './replies.ts';
import { namedSchemas } from './route-schema.ts';
import { guardTcp } from './tcp-guard.ts';

export interface AdminApp {
  fromSocket(request: IncomingMessage, response: ServerResponse): void;
  /** Guarded: token, host and origin. */
  fromTcp(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** `makeContext` is told how to see by which way a request came. */
export async function adminApp<C extends RunningContext>(
  makeContext: (via: C['via']) => C,
  routes: readonly Routes<C>[],
  isToken: TokenCheck,
): Promise<AdminApp> {
  const overTcp = new WeakSet<IncomingMessage>();
  const context = makeContext((request) => (overTcp.has(request.raw) ? 'token' : 'socket'));
  const app = Fastify({ ajv: strictAjv, bodyLimit: 256 * 1024, routerOptions: { maxParamLength: 300 } });
  plainReplies(app, context.log);
  app.addHook('onRequest', async (request) => {
    if (overTcp.has(request.raw)) guardTcp(request.headers, isToken);
  });
  for (const schema of namedSchemas) app.addSchema(schema);
  for (const add of routes) add(app, context);
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
