/** The admin API's reading half: what is running, and what was changed. */
import type { Routes } from './context.ts';
import { list, object, ref, route } from './route-schema.ts';

const text = { content: { 'text/plain': { schema: { type: 'string' } } } };
const historyQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    uplink: { type: 'string', maxLength: 253, description: 'only changes of this uplink' },
    limit: { type: 'string', pattern: '^[1-9][0-9]{0,3}$', description: 'at most 1000; default 100' },
    verify: {
      enum: ['full'],
      description: 'recompute the whole hash chain, not only what came since the last look',
    },
  },
};

export const readRoutes: Routes = (app, { store, runtime, authority }) => {
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
    '/v1/history',
    route(
      'listHistory',
      'changes, newest first, and whether the chain is intact',
      object({ entries: list('HistoryEntry'), chain: { enum: ['verified', 'broken'] } }),
      { querystring: historyQuery },
    ),
    (request) => {
      const { uplink, limit, verify } = request.query as { uplink?: string; limit?: string; verify?: 'full' };
      const entries = store.history({
        ...(uplink === undefined ? {} : { uplink }),
        ...(limit === undefined ? {} : { limit: Number(limit) }),
      });
      return { entries, chain: store.verifyHistory({ full: verify === 'full' }) };
    },
  );
  app.get(
    '/v1/certificates',
    route(
      'listCertificates',
      'the certificates that were issued to children',
      object({ certificates: list('CertificateInfo') }),
    ),
    () => ({ certificates: store.certificates() }),
  );
  app.get('/v1/pki/roots', route('getRoots', 'the trust bundle', ref('TrustBundle')), () => ({
    trustDomain: authority.trustDomain,
    roots: authority.roots,
    caPin: authority.pin,
  }));
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
