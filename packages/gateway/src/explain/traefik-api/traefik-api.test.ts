import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, list, named, object, optional, string } from '@ficus/common/config/schema.ts';
import { endpointModel, loadBalancer, transport } from '../../testing/models.ts';
import { viewOf } from '../testing.ts';
import { apiMiddlewares, middlewareOrder } from './middlewares.ts';
import { pageOf } from './page.ts';
import { present } from './present.ts';
import { apiRouters, routerOrder } from './routers.ts';
import { apiServices, serviceOrder } from './services.ts';
import { apiEntryPoints, apiOverview, apiRawData } from './summary.ts';

const shop = `
http:
  routers:
    api: {rule: "PathPrefix(\`/api\`)", service: both, middlewares: [strip]}
    all: {rule: "PathPrefix(\`/\`)", service: monolith, entryPoints: [web], priority: 7}
    bad: {rule: "Path(\`/x\`)", service: nobody}
    half: {rule: "Path(\`/h\`)", service: monolith, entryPoints: [web, wbe]}
    safe: {rule: "Path(\`/s\`)", service: monolith, entryPoints: [websecure], tls: {}}
  middlewares:
    strip: {stripPrefix: {prefixes: [/api]}}
    idle: {headers: {customRequestHeaders: {X-Api-Key: hunter2, X-Plain: shown}}}
  services:
    monolith:
      loadBalancer:
        servers: [{url: "http://10.0.0.1:8080"}, {url: "http://10.0.0.2:8080"}]
        healthCheck: {path: /health, interval: 90s, headers: {Authorization: hunter2}}
    both: {weighted: {services: [{name: monolith, weight: 3}, {name: "orders@multicluster"}]}}
`;
const fragment = {
  provider: 'multicluster',
  services: [
    {
      ...loadBalancer('orders/vm-1', [endpointModel(9443, { scheme: 'https', host: '::1' })]),
      name: ['orders/vm-1', 'multicluster'],
    },
    {
      kind: 'weighted',
      name: ['orders', 'multicluster'],
      legs: [{ key: 'vm-1', service: 0, weight: 5, mode: 'draining' }],
    },
  ],
  transports: [transport({ name: ['vm-1', 'multicluster'] })],
} as const;
const view = viewOf(shop, { extra: [fragment], down: { '10.0.0.2:8080': 'refused' } });
const byName = (objects: readonly { readonly name: string }[]) =>
  Object.fromEntries(objects.map((each) => [each.name, each]));

test('routers in Traefik’s shape', () => {
  const routers = byName(apiRouters(view));
  assert.deepEqual(routers['api@file'], {
    entryPoints: ['web', 'websecure'],
    rule: 'PathPrefix(`/api`)',
    service: 'both',
    middlewares: ['strip'],
    priority: 18,
    status: 'enabled',
    using: ['web', 'websecure'],
    name: 'api@file',
    provider: 'file',
  });
  assert.deepEqual(routers['bad@file'], {
    entryPoints: ['web', 'websecure'],
    rule: 'Path(`/x`)',
    service: 'nobody',
    priority: 10,
    error: ['no service "nobody"'],
    status: 'disabled',
    using: ['web', 'websecure'],
    name: 'bad@file',
    provider: 'file',
  });
  const half = routers['half@file'] as unknown as Record<string, unknown>;
  assert.deepEqual(
    [half['status'], half['error'], half['entryPoints'], half['using']],
    ['warning', ['no entrypoint "wbe", did you mean "web"?'], ['web', 'wbe'], ['web']],
  );
  assert.deepEqual((routers['safe@file'] as unknown as Record<string, unknown>)['tls'], {
    options: 'default',
  });
});

test('services in Traefik’s shape, with those of children; URLs as written tell what is down', () => {
  const services = byName(apiServices(view));
  assert.deepEqual(services['monolith@file'], {
    loadBalancer: {
      servers: [{ url: 'http://10.0.0.1:8080' }, { url: 'http://10.0.0.2:8080' }],
      healthCheck: { path: '/health', interval: '1m30s', headers: { Authorization: 'xxxx' } },
    },
    status: 'enabled',
    usedBy: ['all@file', 'api@file', 'half@file', 'safe@file'],
    serverStatus: { 'http://10.0.0.1:8080': 'UP', 'http://10.0.0.2:8080': 'DOWN' },
    name: 'monolith@file',
    provider: 'file',
    type: 'loadbalancer',
  });
  assert.deepEqual(services['orders@multicluster'], {
    weighted: { services: [{ name: 'orders/vm-1@multicluster', weight: 5, mode: 'draining' }] },
    status: 'enabled',
    usedBy: ['api@file'],
    name: 'orders@multicluster',
    provider: 'multicluster',
    type: 'weighted',
  });
  assert.deepEqual(services['orders/vm-1@multicluster'], {
    loadBalancer: { servers: [{ url: 'https://[::1]:9443' }], passHostHeader: true },
    status: 'enabled',
    usedBy: ['api@file'],
    serverStatus: { 'https://[::1]:9443': 'UP' },
    name: 'orders/vm-1@multicluster',
    provider: 'multicluster',
    type: 'loadbalancer',
  });
  assert.deepEqual(Object.keys(services).length, 4, 'what nobody can build is no service');
});

test('middlewares in Traefik’s shape, credentials left out', () => {
  assert.deepEqual(apiMiddlewares(view), [
    {
      stripPrefix: { prefixes: ['/api'] },
      status: 'enabled',
      usedBy: ['api@file'],
      name: 'strip@file',
      provider: 'file',
      type: 'stripprefix',
    },
    {
      headers: { customRequestHeaders: { 'X-Api-Key': 'xxxx', 'X-Plain': 'shown' } },
      status: 'enabled',
      name: 'idle@file',
      provider: 'file',
      type: 'headers',
    },
  ]);
});

test('overview, entrypoints and raw data', () => {
  const { http, providers } = apiOverview(view, { accessLog: true, mesh: true, file: true }) as Record<
    string,
    unknown
  >;
  assert.deepEqual(http, {
    routers: { total: 5, warnings: 1, errors: 1 },
    services: { total: 4, warnings: 0, errors: 0 },
    middlewares: { total: 2, warnings: 0, errors: 0 },
  });
  assert.deepEqual(providers, ['File', 'Multicluster']);
  assert.deepEqual(apiEntryPoints(view), [
    { address: ':80', name: 'web' },
    { address: ':443', http: { tls: {} }, name: 'websecure' },
  ]);
  const raw = apiRawData(view) as Record<string, Record<string, Record<string, unknown>>>;
  assert.deepEqual(Object.keys(raw), ['routers', 'middlewares', 'services']);
  assert.equal(raw['routers']?.['all@file']?.['priority'], 7);
  assert.equal(raw['services']?.['both@file']?.['type'], undefined);
  assert.ok(!JSON.stringify(raw).includes('hunter2'));
});

test('filters, order and pages', () => {
  const names = (query: Record<string, string>) =>
    pageOf(apiRouters(view), query, routerOrder).items.map(({ name }) => name.split('@')[0]);
  assert.deepEqual(names({}), ['all', 'api', 'bad', 'half', 'safe']);
  assert.deepEqual(names({ search: 'PATHPREFIX' }), ['all', 'api']);
  assert.deepEqual(names({ status: 'Disabled' }), ['bad']);
  assert.deepEqual(names({ serviceName: 'monolith@file' }), ['all', 'half', 'safe']);
  assert.deepEqual(names({ middlewareName: 'strip' }), ['api']);
  assert.deepEqual(names({ sortBy: 'priority', direction: 'desc' }), ['api', 'safe', 'half', 'bad', 'all']);
  assert.deepEqual(names({ sortBy: 'no such key' }), ['all', 'api', 'bad', 'half', 'safe']);
  const page = (query: Record<string, string>) => pageOf(apiRouters(view), query, routerOrder);
  assert.deepEqual([page({ per_page: '2' }).next, page({ per_page: '2', page: '3' }).next], [2, 1]);
  assert.equal(page({ per_page: '2', page: '3' }).items.length, 1);
  for (const query of [{ page: '9' }, { page: '0' }, { per_page: '-1' }, { per_page: 'x' }]) {
    assert.throws(() => page(query), { code: 'request.invalid', status: 400 });
  }
  assert.equal(
    pageOf(apiServices(view), { sortBy: 'servers', direction: 'desc' }, serviceOrder).items[0]?.name,
    'monolith@file',
  );
  assert.equal(pageOf(apiMiddlewares(view), { sortBy: 'type' }, middlewareOrder).items[0]?.type, 'headers');
  assert.deepEqual(pageOf([], { page: '1' }), { items: [], next: 1 });
});

test('secrets are taken out wherever they stand, names and counts stay', () => {
  const text = string('');
  const schema = object('', {
    users: optional(list('', text)),
    usersFile: optional(text),
    redis: optional(object('', { password: text, endpoints: list('', text) })),
    tls: optional(object('', { cert: text, key: text })),
    address: optional(text),
    headers: optional(named('', 'header', text)),
    accessControlAllowCredentials: optional(text),
    period: optional(duration('')),
  });
  const secret = 'hunter2';
  const shown = present(schema, {
    users: [`ann:${secret}`, `bob:${secret}`],
    usersFile: '/etc/users',
    redis: { password: secret, endpoints: ['10.0.0.1:6379', `redis://u:${secret}@10.0.0.1`] },
    tls: { cert: '-----BEGIN CERTIFICATE-----', key: `-----BEGIN PRIVATE KEY-----${secret}` },
    address: `http://u:${secret}@auth.example/verify?token=${secret}&a=b`,
    headers: { Authorization: secret, Cookie: secret, 'X-Api-Key': secret, 'X-A': 'b' },
    accessControlAllowCredentials: 'yes',
    period: 1500,
  });
  assert.ok(!JSON.stringify(shown).includes(secret));
  assert.deepEqual(shown, {
    users: ['xxxx', 'xxxx'],
    usersFile: '/etc/users',
    redis: { password: 'xxxx', endpoints: ['10.0.0.1:6379', 'redis://xxxx@10.0.0.1'] },
    tls: { cert: '-----BEGIN CERTIFICATE-----', key: 'xxxx' },
    address: 'http://xxxx@auth.example/verify?token=xxxx&a=b',
    headers: { Authorization: 'xxxx', Cookie: 'xxxx', 'X-Api-Key': 'xxxx', 'X-A': 'b' },
    accessControlAllowCredentials: 'yes',
    period: '1s500ms',
  });
});

test('what redirections of entrypoints are made of is there, as in Traefik', () => {
  const redirecting = viewOf(shop, {
    entryPoints: {
      web: { address: ':80', http: { redirections: { entryPoint: { to: 'websecure' } } } },
      websecure: { address: ':443', http: { tls: {} } },
    },
  });
  const router = apiRouters(redirecting).find(({ provider }) => provider === 'internal');
  assert.deepEqual(
    [router?.name, router?.['using'], router?.['middlewares']],
    ['web-to-websecure@internal', ['web'], ['redirect-web-to-websecure']],
  );
  const middleware = apiMiddlewares(redirecting).find(({ provider }) => provider === 'internal');
  assert.deepEqual(
    [middleware?.['type'], middleware?.['usedBy']],
    ['redirectscheme', ['web-to-websecure@internal']],
  );
  assert.ok(apiServices(redirecting).some(({ name }) => name === 'noop@internal'));
});

test('circuit breakers: states with the middleware by who has it, with the service by what it guards', () => {
  const circuits = new Map([
    ['router api@file: strip@file', 'tripped'],
    ['service both@file: leg monolith', 'recovering'],
  ] as const);
  const middlewares = byName(apiMiddlewares({ ...view, circuits })) as Record<
    string,
    { readonly circuits?: unknown }
  >;
  assert.deepEqual(middlewares['strip@file']?.circuits, { 'router api@file': 'tripped' });
  assert.equal(middlewares['idle@file']?.circuits, undefined);
  const services = byName(apiServices({ ...view, circuits })) as Record<
    string,
    { readonly circuits?: unknown }
  >;
  assert.deepEqual(services['both@file']?.circuits, { 'leg monolith': 'recovering' });
  assert.equal(services['monolith@file']?.circuits, undefined);
});

test('mirrors are shown with the service they belong to', () => {
  const none = { answered: 0, codes: {}, serverErrors: 0 };
  const own = {
    service: 'both@file',
    mirror: 'copy',
    copies: 3,
    inFlight: 0,
    dropped: { busy: 1 },
    bytes: 0,
  };
  const mirrors = [{ ...own, answers: none, main: none }];
  const services = byName(apiServices({ ...view, mirrors })) as Record<
    string,
    { readonly mirrorStatus?: unknown }
  >;
  assert.deepEqual(services['both@file']?.mirrorStatus, mirrors);
  assert.equal(services['monolith@file']?.mirrorStatus, undefined);
});
