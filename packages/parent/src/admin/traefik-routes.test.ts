import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation, RouteList } from '@ficus/common/api/explain.ts';
import type { Problem } from '@ficus/common/errors.ts';
import { testAdmin } from './fixture.ts';

test('Traefik’s API: lists with pages, one by name, no secrets', async () => {
  await using a = await testAdmin();
  const routers = await a.socket('GET', '/api/http/routers?per_page=1&sortBy=name');
  assert.equal(routers.status, 200);
  assert.equal(routers.headers['x-next-page'], '2');
  assert.deepEqual(
    (routers.body as { name: string }[]).map(({ name }) => name),
    ['all@file'],
  );
  const bad = (await a.socket('GET', '/api/http/routers/bad@file')).body as Record<string, unknown>;
  assert.deepEqual([bad['status'], bad['error']], ['disabled', ['no service "nobody"']]);
  const service = (await a.socket('GET', '/api/http/services/monolith%40file')).body as Record<
    string,
    unknown
  >;
  assert.deepEqual(service['serverStatus'], { 'http://10.0.0.1:8080': 'UP' });
  assert.deepEqual(service['usedBy'], ['all@file']);
  const middleware = (await a.socket('GET', '/api/http/middlewares/key@file')).body as Record<
    string,
    unknown
  >;
  assert.deepEqual(middleware['headers'], { customRequestHeaders: { 'X-Api-Key': 'xxxx' } });
  for (const path of [
    '/api/rawdata',
    '/api/overview',
    '/api/version',
    '/api/entrypoints',
    '/api/entrypoints/web',
  ]) {
    const answer = await a.socket('GET', path);
    assert.equal(answer.status, 200, path);
    assert.ok(!JSON.stringify(answer.body).includes('hunter2'), path);
  }
  const missing = await a.socket('GET', '/api/http/services/none@file');
  assert.deepEqual([missing.status, (missing.body as Problem).code], [404, 'service.unknown']);
  assert.equal((await a.socket('GET', '/api/http/routers?page=7')).status, 400);
  assert.equal((await a.tcp('GET', '/api/http/routers')).status, 401, 'as guarded as all of the API');
});

test('routes and explain', async () => {
  await using a = await testAdmin();
  const { entryPoints } = (await a.socket('GET', '/v1/routes?entryPoint=web')).body as RouteList;
  assert.deepEqual(
    entryPoints.map(({ entryPoint, routers }) => [entryPoint, ...routers.map(({ name }) => name)]),
    [['web', 'all@file', 'bad@file']],
  );
  const unknown = await a.socket('GET', '/v1/routes?entryPoint=wbe');
  assert.deepEqual(
    [unknown.status, (unknown.body as Problem).detail],
    [400, 'no entrypoint "wbe", did you mean "web"?'],
  );
  const asked = { method: 'GET', url: 'http://shop.example/orders', headers: [['X-User', '7']] };
  const told = (await a.socket('POST', '/v1/explain', asked)).body as Explanation;
  assert.deepEqual([told.outcome, told.routers[0]?.name], ['service', 'all@file']);
  for (const wrong of [
    { method: 'GET' },
    { ...asked, url: 'shop.example' },
    { ...asked, headers: [['a']] },
    { ...asked, x: 1 },
  ]) {
    const refused = await a.socket('POST', '/v1/explain', wrong);
    assert.equal(refused.status, 400, JSON.stringify(wrong));
    assert.match((refused.body as Problem).code, /^(request\.invalid|explain\.bad-url)$/);
  }
});
