/** What was changed, and what was issued to children. */
import type { Routes } from './context.ts';
import { list, object, ref, route } from './route-schema.ts';

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

export const readRoutes: Routes = (app, { store, authority }) => {
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
};
