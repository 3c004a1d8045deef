import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Applied, CreatedToken } from '@ficus/common/api/admin.ts';
import type { MirrorStatus } from '@ficus/common/api/mirrors.ts';
import type { Problem } from '@ficus/common/errors.ts';
import { storeError } from '../store/errors.ts';
import { testAdmin } from './fixture.ts';

test('a weight is stored, put into force and answered; undo takes it back', async () => {
  await using a = await testAdmin();
  const set = await a.socket('PUT', '/v1/uplinks/orders/weights', {
    weights: { 'vm-1': 90 },
    reason: 'go',
    actor: 'ann',
  });
  const { change, uplink, appliedByWorkers } = set.body as Applied;
  assert.deepEqual([set.status, appliedByWorkers], [200, true]);
  assert.deepEqual(
    [change.actor, change.action, change.before, change.after],
    ['socket:ann', 'weights', { 'vm-1': 1 }, { 'vm-1': 90 }],
  );
  assert.equal(uplink.legs.find((leg) => leg.child === 'vm-1')?.weight, 90);
  assert.deepEqual(a.told, ['legs orders [{"child":"vm-1","weight":90}]'], 'told once it was stored');

  const modes = { modes: { 'cluster-1': 'standby' }, reason: 'wait' };
  assert.equal(
    (await a.socket('PUT', '/v1/uplinks/orders/modes', modes, { 'x-ficus-actor': 'bob' })).status,
    200,
  );
  const undo = (await a.socket('POST', '/v1/undo', { reason: 'no' })).body as Applied;
  assert.equal(undo.change.action, 'undo');
  assert.deepEqual(a.t.store.legs('orders'), [{ child: 'vm-1', weight: 90 }]);
  const { entries, chain } = (await a.socket('GET', '/v1/history?uplink=orders&limit=2')).body as {
    entries: Applied['change'][];
    chain: string;
  };
  assert.deepEqual(
    [chain, entries.map((entry) => entry.actor)],
    ['verified', ['socket:unknown', 'socket:bob']],
  );
});

test('sessions of a leg that drains stay as long as the request says', async () => {
  await using a = await testAdmin();
  const drain = { modes: { 'vm-1': 'draining' }, sessionsForSeconds: 1800, reason: 'release' };
  const { status, body } = await a.socket('PUT', '/v1/uplinks/orders/modes', drain);
  const { change, uplink } = body as Applied;
  assert.equal(status, 200);
  assert.deepEqual(change.after, { 'vm-1': 'draining until 2026-01-01T00:30:00.000Z' });
  assert.equal(uplink.legs[0]?.sessionsUntil, '2026-01-01T00:30:00.000Z');
  assert.equal(a.t.store.legs('orders')[0]?.sessionsUntil, Date.parse('2026-01-01T00:30:00Z'));
});

test('tokens, children and certificates', async () => {
  await using a = await testAdmin();
  const made = await a.socket('POST', '/v1/tokens', { child: 'vm-2', workloads: ['orders'] });
  const created = made.body as CreatedToken;
  assert.equal(made.status, 201);
  assert.equal(created.command, `ficus join https://parent:8443 --token ${created.token} --ca-pin sha256:00`);
  assert.equal(created.expiresAt, '2026-01-01T00:15:00.000Z');
  const listed = JSON.stringify((await a.socket('GET', '/v1/tokens')).body);
  assert.ok(listed.includes(created.id) && !listed.includes(created.token));
  assert.ok(
    !readFileSync(`${a.t.file}-wal`).includes(created.token.split('.')[2] as string),
    'only its hash is kept',
  );
  assert.equal((await a.socket('DELETE', `/v1/tokens/${created.id}`)).status, 200, 'no body needed');
  assert.equal(
    ((await a.socket('DELETE', `/v1/tokens/${created.id}`)).body as Problem).code,
    'token.revoked',
  );

  const { serial } = a.t.store.child('vm-1')!;
  // Serials are upper-case hex in life; the fixture's are not.
  const gone = await a.socket('DELETE', `/v1/certificates/${serial}`, { reason: 'lost' });
  assert.equal((gone.body as Problem).code, 'certificate.unknown');
  assert.equal((await a.socket('DELETE', '/v1/children/vm-1', { reason: 'lost' })).status, 200);
  assert.deepEqual(a.told, ['revoked vm-1']);
  assert.equal((await a.socket('DELETE', '/v1/children/vm-1', { reason: 'lost' })).status, 409);
  assert.equal((await a.socket('GET', '/v1/certificates')).status, 200);
  assert.equal((await a.socket('GET', '/metrics')).body, 'ficus_up 1\n');
});

test('mirrors: what became of the copies, beside the service that answers', async () => {
  await using a = await testAdmin();
  const { status, body } = await a.socket('GET', '/v1/mirrors');
  const { mirrors } = body as { mirrors: MirrorStatus[] };
  assert.equal(status, 200);
  assert.deepEqual(
    mirrors.map(({ service, mirror, copies, dropped }) => [service, mirror, copies, dropped]),
    [['both@file', 'copy', 100, { busy: 3, timeout: 2 }]],
  );
  assert.deepEqual(mirrors[0]?.answers.latency?.p99, { moreThanMs: 5000 });
  assert.deepEqual(mirrors[0]?.main.latency?.p99, { atMostMs: 5 });
});

test('refusals are problem documents in plain words, and change nothing', async () => {
  await using a = await testAdmin();
  const weights = '/v1/uplinks/orders/weights';
  const modes = '/v1/uplinks/orders/modes';
  const before = a.t.store.history({}).length;
  const cases: [method: string, path: string, body: unknown, status: number, code: string][] = [
    ...[-1, 1e9, 'ten', '10', 0.5, null, true].map((weight): [string, string, unknown, number, string] => [
      'PUT',
      weights,
      { weights: { 'vm-1': weight }, reason: 'x' },
      400,
      'weight.invalid',
    ]),
    ['PUT', weights, { weights: { 'vm-9': 1 }, reason: 'x' }, 404, 'child.unknown'],
    ['PUT', weights, { weights: { 'vm-1': 1 } }, 400, 'request.invalid'],
    ['PUT', weights, { weights: { 'vm-1': 1 }, reason: 'a\nb' }, 400, 'reason.invalid'],
    ['PUT', weights, { weights: { 'vm-1': 1 }, reason: 'x', extra: 1 }, 400, 'request.invalid'],
    ['PUT', weights, '{', 400, 'request.not-json'],
    ['PUT', weights, '{"weights":{"__proto__":1},"reason":"x"}', 400, 'request.not-json'],
    ['PUT', weights, { weights: {}, reason: 'x'.repeat(300_000) }, 413, 'request.too-large'],
    ['PUT', '/v1/uplinks/nothing/weights', { weights: { 'vm-1': 1 }, reason: 'x' }, 404, 'uplink.unknown'],
    ['PUT', modes, { modes: { 'vm-1': 'on' }, reason: 'x' }, 400, 'mode.invalid'],
    ['PUT', modes, { modes: { 'vm-1': 'off' }, sessionsForSeconds: 5, reason: 'x' }, 400, 'sessions.invalid'],
    [
      'PUT',
      modes,
      { modes: { 'vm-1': 'draining' }, sessionsForSeconds: 0, reason: 'x' },
      400,
      'request.invalid',
    ],
    ['POST', '/v1/undo', { reason: 'x' }, 409, 'undo.nothing'],
    ['POST', '/v1/tokens', { child: 'vm-2', workloads: ['a'], ttlSeconds: 90_000 }, 400, 'request.invalid'],
    ['POST', '/v1/tokens', { child: 'VM', workloads: ['a'] }, 400, 'child.invalid-name'],
    ['DELETE', '/v1/children/vm-1', undefined, 400, 'request.invalid'],
    ['GET', '/v1/history?limit=0', undefined, 400, 'request.invalid'],
    ['GET', '/v1/history?verify=some', undefined, 400, 'request.invalid'],
    ['GET', '/v1/nothing', undefined, 404, 'route.unknown'],
  ];
  for (const [method, path, body, status, code] of cases) {
    const answer = await a.socket(method, path, body);
    const problem = answer.body as Problem;
    assert.deepEqual(
      [answer.status, problem.code, problem.status],
      [status, code, status],
      `${method} ${path} ${code}`,
    );
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(problem.type, `urn:ficus:${code}`);
    assert.ok((problem.detail ?? '').length > 10);
  }
  assert.equal(a.t.store.history({}).length, before);
  assert.deepEqual(a.told, []);
});

test('a store that cannot write: the change is refused, the runtime is not told and goes on', async () => {
  await using a = await testAdmin();
  const { store } = a.t;
  a.t.store = {
    ...store,
    setWeights() {
      throw storeError(Object.assign(new Error('disk full'), { errcode: 13 }), a.t.file);
    },
    setModes() {
      throw storeError(Object.assign(new Error('read-only'), { errcode: 8 }), a.t.file);
    },
  };
  const weights = await a.socket('PUT', '/v1/uplinks/orders/weights', {
    weights: { 'vm-1': 5 },
    reason: 'x',
  });
  assert.deepEqual([weights.status, (weights.body as Problem).code], [507, 'store.full']);
  const modes = await a.socket('PUT', '/v1/uplinks/orders/modes', { modes: { 'vm-1': 'off' }, reason: 'x' });
  assert.deepEqual([modes.status, (modes.body as Problem).code], [503, 'store.read-only']);
  assert.deepEqual(a.told, []);
  assert.equal((await a.socket('GET', '/v1/status')).status, 200);
});

test('the OpenAPI document has every route, and every reference in it leads somewhere', async () => {
  await using a = await testAdmin();
  const answer = await a.socket('GET', '/v1/openapi.json');
  const document = answer.body as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };
  assert.equal(document.openapi, '3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(operations.sort(), [
    'DELETE /v1/certificates/{serial}',
    'DELETE /v1/children/{name}',
    'DELETE /v1/tokens/{id}',
    'GET /api/entrypoints',
    'GET /api/entrypoints/{name}',
    'GET /api/http/middlewares',
    'GET /api/http/middlewares/{name}',
    'GET /api/http/routers',
    'GET /api/http/routers/{name}',
    'GET /api/http/services',
    'GET /api/http/services/{name}',
    'GET /api/overview',
    'GET /api/rawdata',
    'GET /api/version',
    'GET /metrics',
    'GET /v1/certificates',
    'GET /v1/children',
    'GET /v1/healthz',
    'GET /v1/history',
    'GET /v1/install',
    'GET /v1/metrics',
    'GET /v1/mirrors',
    'GET /v1/openapi.json',
    'GET /v1/pki/roots',
    'GET /v1/routes',
    'GET /v1/status',
    'GET /v1/tokens',
    'GET /v1/uplinks',
    'POST /v1/explain',
    'POST /v1/tokens',
    'POST /v1/undo',
    'PUT /v1/uplinks/{name}/modes',
    'PUT /v1/uplinks/{name}/weights',
  ]);
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.operationId),
  );
  assert.equal(new Set(ids).size, operations.length);
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g);
  for (const [, reference = ''] of references) {
    const name = /^#\/components\/schemas\/([A-Za-z]+)$/.exec(reference)?.[1];
    assert.ok(name !== undefined && name in document.components.schemas, reference);
  }
});

test('the history is verified whole when that is asked for', async () => {
  await using a = await testAdmin();
  const asked: unknown[] = [];
  const verifyHistory = a.t.store.verifyHistory;
  a.t.store = {
    ...a.t.store,
    verifyHistory(options) {
      asked.push(options?.full);
      return verifyHistory(options);
    },
  };
  for (const query of ['', '?verify=full']) {
    const { status, body } = await a.socket('GET', `/v1/history${query}`);
    assert.deepEqual([status, (body as { chain: string }).chain], [200, 'verified']);
  }
  assert.deepEqual(asked, [false, true]);
});
