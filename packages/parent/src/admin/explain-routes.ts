/** What matches what, and which way one request would take. */
import type { ExplainRequest } from '@ficus/common/api/explain.ts';
import type { Routes, RunningContext } from './context.ts';
import { ref, route } from './route-schema.ts';

const routesQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { entryPoint: { type: 'string', maxLength: 253, description: 'only the routers of this one' } },
};

export const explainRoutes: Routes<RunningContext> = (app, { runtime }) => {
  app.get(
    '/v1/routes',
    route('listRoutes', 'routers by entrypoint, in the order in which they are tried', ref('RouteList'), {
      querystring: routesQuery,
    }),
    async (request) => {
      const { entryPoint } = request.query as { readonly entryPoint?: string };
      // Loaded when somebody asks: nothing else in this process needs the routers' code.
      const { routeList } = await import('@ficus/gateway/explain/routes.ts');
      const { view } = await runtime.running();
      return routeList(view, entryPoint);
    },
  );
  app.post(
    '/v1/explain',
    route(
      'explain',
      'the way one request would take, and why the other routers do not take it',
      ref('Explanation'),
      {
        body: ref('ExplainRequest'),
      },
    ),
    async (request) => {
      const { explain } = await import('@ficus/gateway/explain/explain.ts');
      const { view } = await runtime.running();
      return explain(view, request.body as ExplainRequest);
    },
  );
};
