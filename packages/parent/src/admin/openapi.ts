/** The OpenAPI document, made from the routes themselves when somebody asks for it. */
import Fastify from 'fastify';
import type { Routes, RunningContext } from './context.ts';
import { namedSchemas } from './route-schema.ts';

/**
 * The OpenAPI 3.1 document of these routes. They are registered once more on an app that never listens: the plugin
 * that reads them stays out of memory until then.
 */
export async function openApiDocument<C extends RunningContext>(
  routes: readonly Routes<C>[],
  context: C,
): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger');
  const app = Fastify();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ficus parent: admin API',
        description:
          'Over the unix socket without a token, over TCP with the bearer token of the state directory.',
        version: '1',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } } },
      security: [{ adminToken: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `def-${i}`) },
  });
  for (const schema of namedSchemas) app.addSchema(schema);
  app.register((scope, _options, done) => {
    for (const add of routes) add(scope, context);
    done();
  });
  try {
    await app.ready();
    return app.swagger();
  } finally {
    await app.close();
  }
}
