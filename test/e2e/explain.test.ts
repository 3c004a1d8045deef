/** What the parent says of itself: routes, the way a request takes, and Traefik's API, all as it really serves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation, RouteList } from '@ficus/common/api/explain.ts';
import {
  eventually,
  type ParentProcess,
  runCli,
  send,
  startMesh,
  startParent,
  startWorkload,
} from '../harness/harness.ts';

const secret = 'hunter2-never-shown';
const dynamic = {
  http: {
    routers: {
      seven: {
        rule: 'PathPrefix(`/orders`) && Header(`X-User`, `7`)',
        service: 'orders/vm-1@multicluster',
        priority: 100,
      },
      orders: {
        rule: 'PathPrefix(`/orders`)',
        service: 'orders@multicluster',
        middlewares: ['strip', 'key'],
      },
      layered: { rule: 'PathPrefix(`/layered`)', middlewares: ['role'] },
      staff: {
        rule: 'Header(`X-Role`, `staff`) && !Path(`/layered/none`)',
        parentRefs: ['layered'],
        service: 'orders@multicluster',
      },
      moved: { rule: 'PathPrefix(`/moved`)', service: 'orders@multicluster', middlewares: ['moved'] },
      later: { rule: 'PathPrefix(`/later`)', service: 'billing@multicluster' },
    },
    middlewares: {
      strip: { stripPrefix: { prefixes: ['/orders'] } },
      role: { headers: { customRequestHeaders: { 'X-Role': 'staff' } } },
      moved: { redirectRegex: { regex: '^(.*)/moved/(.*)$', replacement: '$1/orders/$2' } },
      key: { headers: { customRequestHeaders: { Authorization: `Bearer ${secret}` } } },
    },
  },
};

type Objects = readonly Record<string, unknown>[];

async function traefik<T>(parent: ParentProcess, path: string): Promise<T> {
  const reply = await send(`http://localhost/api${path}`, { socketPath: parent.socket });
  assert.equal(reply.status, 200, reply.body);
  assert.ok(!reply.body.includes(secret) && !reply.body.includes('PRIVATE KEY'), path);
  return JSON.parse(reply.body) as T;
}

const shares = ({ service }: Explanation) =>
  Object.fromEntries(
    (service?.services ?? []).map(({ name, share, health }) => [name.split('@')[0], [share, health]]),
  );

test('what is explained is what happens, while weights turn and a child goes', async () => {
  await using mesh = await startMesh({ dynamic, weights: { 'vm-1': 75, 'cluster-1': 25 } });
  const { parent } = mesh;
  await eventually(async () => (await parent.get('/orders')).status === 200);
  const explain = (path: string, ...more: string[]) =>
    parent.json<Explanation>('explain', 'GET', `${parent.url}${path}`, ...more);

  const told = await explain('/orders/1');
  assert.equal(told.outcome, 'service');
  assert.equal(told.routers[0]?.name, 'orders@file');
  assert.deepEqual(
    told.passedOver.nearest.map(({ name, because }) => [name, because[0]?.found]),
    [
      ['seven@file', 'the request has none'],
      ['layered@file', 'the path is `/orders/1`'],
    ],
  );
  assert.deepEqual(
    told.middlewares.map(({ effect }) => effect),
    ['path /orders/1 → /1; sets X-Forwarded-Prefix', 'sets Authorization'],
  );
  assert.deepEqual(shares(told), { 'orders/cluster-1': [0.25, 'up'], 'orders/vm-1': [0.75, 'up'] });

  const seven = await explain('/orders/1', '-H', 'X-User: 7');
  assert.equal(seven.routers[0]?.name, 'seven@file');
  assert.equal((await parent.get('/orders/1', { 'x-user': '7' })).servedBy, 'at-vm-1');

  const layered = await explain('/layered/x');
  assert.deepEqual(
    layered.routers.map(({ name }) => name),
    ['layered@file', 'staff@file'],
  );
  assert.equal((await parent.get('/layered/x')).status, 200);
  const moved = await explain('/moved/1');
  assert.deepEqual([moved.outcome, moved.status], ['middleware', (await parent.get('/moved/1')).status]);

  for (const path of ['/later', '/nowhere', '/layered/none', '/%2e%2e%2fx', '/a%00']) {
    const [why, real] = [
      await parent.cli('explain', `${parent.url}${path}`, '--json'),
      await parent.get(path),
    ];
    assert.equal(why.code, 1, path);
    const { status, code } = JSON.parse(why.stdout) as Explanation;
    assert.deepEqual([status, code], [real.status, real.code], path);
  }

  await parent.setWeights('orders', { 'vm-1': 10, 'cluster-1': 90 });
  assert.deepEqual(shares(await explain('/orders')), {
    'orders/cluster-1': [0.9, 'up'],
    'orders/vm-1': [0.1, 'up'],
  });

  await mesh.child('cluster-1').crash();
  await parent.leg('orders', 'cluster-1', (leg) => leg.health === 'down');
  assert.deepEqual(shares(await explain('/orders')), {
    'orders/cluster-1': [0, 'down'],
    'orders/vm-1': [1, 'up'],
  });
  const port = (leg: Record<string, unknown>) =>
    Object.entries(leg['serverStatus'] as Record<string, string>);
  const legs = await traefik<Objects>(parent, '/http/services?search=orders/&sortBy=name');
  assert.deepEqual(
    legs.map((leg) => [leg['name'], port(leg).map(([, state]) => state), leg['usedBy']]),
    [
      ['orders/cluster-1@multicluster', ['DOWN'], ['moved@file', 'orders@file', 'staff@file']],
      ['orders/vm-1@multicluster', ['UP'], ['moved@file', 'orders@file', 'seven@file', 'staff@file']],
    ],
  );
});

test('routes and Traefik’s API follow the configuration', async () => {
  await using mesh = await startMesh({ dynamic, children: ['vm-1'] });
  const { parent } = mesh;
  await eventually(async () => (await parent.get('/orders')).status === 200);
  const { entryPoints } = await parent.json<RouteList>('routes', '--entrypoint', 'web');
  assert.deepEqual(
    entryPoints[0]?.routers.map(({ name, status }) => [name, status]),
    [
      ['seven@file', 'enabled'],
      ['layered@file', 'enabled'],
      ['orders@file', 'enabled'],
      ['later@file', 'disabled'],
      ['moved@file', 'enabled'],
    ],
  );
  const table = await parent.cli('routes');
  assert.match(table.stdout, /PRIORITY {2}ROUTER.*\n {5}100 {2}seven@file/);
  assert.match(table.stdout, /problem: router later@file: no child advertises "billing@multicluster"/);
  assert.ok(!table.stdout.includes(secret));

  const routers = await traefik<Objects>(parent, '/http/routers');
  assert.deepEqual(
    routers.map(({ name, status, using }) => [name, status, using]),
    [
      ['later@file', 'disabled', ['web']],
      ['layered@file', 'enabled', ['web']],
      ['moved@file', 'enabled', ['web']],
      ['orders@file', 'enabled', ['web']],
      ['seven@file', 'enabled', ['web']],
      ['staff@file', 'enabled', undefined],
    ],
  );
  for (const path of ['/rawdata', '/overview', '/version', '/entrypoints', '/http/middlewares']) {
    await traefik(parent, path);
  }
  await parent.setDynamic({
    http: { ...dynamic.http, routers: { all: { rule: 'PathPrefix(`/`)', service: 'orders@multicluster' } } },
  });
  await eventually(async () => {
    const [only, ...more] = await traefik<Objects>(parent, '/http/routers');
    return only?.['name'] === 'all@file' && more.length === 0;
  });
  const [strip] = await traefik<Objects>(parent, '/http/middlewares?search=strip');
  assert.equal(strip?.['usedBy'], undefined);
});

test('a plain reverse proxy that asks for it has an admin API, without what is about children', async () => {
  await using workload = await startWorkload({ name: 'monolith' });
  const services = { monolith: { loadBalancer: { servers: [{ url: workload.url }] } } };
  const routers = { all: { rule: 'PathPrefix(`/`)', service: 'monolith' } };
  await using parent = await startParent({
    mesh: false,
    dynamic: { http: { routers, services } },
    static: { admin: {} },
  });
  await eventually(async () => (await parent.cli('status')).code === 0);
  const told = await parent.json<Explanation>('explain', `${parent.url}/x`);
  assert.deepEqual([told.outcome, told.service?.endpoints?.[0]?.health], ['service', 'up']);
  const [service] = await traefik<Objects>(parent, '/http/services');
  assert.deepEqual(service?.['serverStatus'], { [workload.url]: 'UP' });
  const token = await parent.cli('token', 'list');
  assert.deepEqual([token.code, /want a route of this API/.test(token.stderr)], [1, true]);
  const byConfig = await runCli(['status', '--config', parent.directory.file('parent.yaml')]);
  assert.match(byConfig.stdout, /^parent parent, ficus /);
  const { openapi, paths } = await parent.admin<{ openapi: string; paths: object }>('/openapi.json');
  assert.ok(openapi === '3.1.0' && !Object.keys(paths).includes('/v1/tokens'));
});
