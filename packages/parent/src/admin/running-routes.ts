/** What is running, on every parent. */
import type { Routes, RunningContext } from './context.ts';
import { list, object, ref, route } from './route-schema.ts';

const text = { content: { 'text/plain': { schema: { type: 'string' } } } };

export const runningRoutes: Routes<RunningContext> = (app, { runtime }) => {
  app.get(
    '/v1/healthz',
    route('getHealth', 'whether the control plane answers', object({ status: { const: 'ok' } })),
    () => ({ status: 'ok' }),
  );
  app.get('/v1/status', route('getStatus', 'everything at a glance', ref('ParentStatus')), () =>
    runtime.status(),
  );
  app.get(
    '/v1/children',
    route('listChildren', 'the children that joined', object({ children: list('ChildStatus') })),
    async () => ({ children: await runtime.children() }),
  );
  app.get(
    '/v1/uplinks',
    route('listUplinks', 'the uplinks and their legs', object({ uplinks: list('UplinkStatus') })),
    async () => ({ uplinks: await runtime.uplinks() }),
  );
  app.get(
    '/v1/mirrors',
    route(
      'listMirrors',
      'what mirrors got and answered, beside the services they mirror',
      object({ mirrors: list('MirrorStatus') }),
    ),
    async () => ({ mirrors: await runtime.mirrors() }),
  );
  for (const path of ['/metrics', '/v1/metrics']) {
    app.get(
      path,
      route(path === '/metrics' ? 'getMetrics' : 'getMetricsV1', 'counters in Prometheus text format', text),
      async (_request, reply) => {
        reply.type('text/plain; version=0.0.4; charset=utf-8');
        return await runtime.metrics();
      },
    );
  }
};
