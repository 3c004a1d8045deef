import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import type { Applied, ParentStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';
import { childId } from '@ficus/pki/identity.ts';
import { decodeParentConfig } from './config/parent-config.ts';
import { startParent } from './parent.ts';
import { openStore } from './store/open-store.ts';
import { advertisement, eventually, fakeChild, type TestMesh, testMesh } from './testing/fake-child.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ficus-parent-'));
});
after(() => rm(root, { recursive: true }));

const log = createLog({ level: 'silent' });
const quick = 'transport: { lifeCycle: { requestAcceptGraceTimeout: 0s, graceTimeOut: 1s } }';
const router = (service: string) =>
  `http: { routers: { all: { rule: 'PathPrefix(\`/\`)', service: '${service}' } } }`;

async function started(name: string, dynamic: string, extra: string, port = 0, clock = systemClock) {
  const configFile = join(root, `${name}.yaml`);
  await writeFile(join(root, `${name}-dynamic.yaml`), dynamic);
  const text = `
workers: 0
stateDirectory: ${name}
entryPoints: { web: { address: '127.0.0.1:${port}', ${quick} } }
providers: { file: { filename: ${name}-dynamic.yaml }${extra} }
`;
  const decoded = decodeParentConfig(text, configFile);
  assert.ok(decoded.ok, JSON.stringify(decoded));
  const parent = await startParent({ config: decoded.value, configFile, log, clock });
  const url = `http://127.0.0.1:${parent.ports.get('web')}/`;
  return {
    parent,
    async get() {
      const response = await fetch(url);
      const text = await response.text();
      return { status: response.status, text };
    },
    admin: <T>(method: string, path: string, body?: unknown) =>
      admin<T>(join(root, name, 'admin.sock'), method, path, body),
    [Symbol.asyncDispose]: async () => void (await parent.close()),
  };
}

/** Calls the admin API over its unix socket. */
async function admin<T>(socketPath: string, method: string, path: string, body?: unknown): Promise<T> {
  const text = body === undefined ? '' : JSON.stringify(body);
  // A DELETE with a body has no length unless it is given.
  const headers =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': text.length };
  const call = request({ socketPath, method, path, headers }).end(text);
  const [response] = (await once(call, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const answer = Buffer.concat(chunks).toString();
  assert.ok(response.statusCode < 300, `${response.statusCode} ${answer}`);
  return JSON.parse(answer) as T;
}

/** As if `child` had joined by token. */
function enrol(
  name: string,
  child: { name: string; port: number; serial: string },
  workloads: readonly string[],
) {
  const store = openStore(join(root, name, 'parent.db'), { clock: systemClock });
  const id = `token-${child.name}`;
  store.createToken(
    { id, secretHash: 'ab'.repeat(32), child: child.name, workloads, ttlMs: 60_000 },
    { actor: 'test', reason: 'test' },
  );
  store.redeemToken({
    id,
    keyHash: `sha256:${'cd'.repeat(32)}`,
    certificate: {
      serial: child.serial,
      pem: 'unused',
      uri: childId('ficus.internal', child.name),
      notBefore: new Date().toISOString(),
      notAfter: new Date(Date.now() + 3_600_000).toISOString(),
    },
    address: `127.0.0.1:${child.port}`,
    actor: 'join:127.0.0.1',
  });
  store.close();
}

const meshOf = (name: string): Promise<TestMesh> => testMesh(join(root, name, 'ca'), 'ficus.internal');
/** The rest of the configuration that makes it a mesh; closes `providers`. */
const mesh = ", multicluster: { enabled: true } }\njoin: { address: '127.0.0.1:0' ";

test('a plain reverse proxy: five lines, no state', async () => {
  const monolith = createServer((_, response) => response.end('monolith')).listen(0, '127.0.0.1');
  await once(monolith, 'listening');
  const { port } = monolith.address() as AddressInfo;
  {
    await using run = await started(
      'plain',
      `http:
  routers: { all: { rule: 'PathPrefix(\`/\`)', service: monolith } }
  services: { monolith: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:${port}' }] } } }`,
      '',
    );
    assert.deepEqual(await run.get(), { status: 200, text: 'monolith' });
    assert.equal(run.parent.joinPort, undefined);
  }
  await assert.rejects(access(join(root, 'plain', 'parent.db')));
  await assert.rejects(access(join(root, 'plain', 'ca')));
  monolith.close();
});

test('a port in use is one error and leaves nothing behind', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(started('taken', router('nothing@multicluster'), mesh, port), (error: Error) => {
    assert.equal(error.name, 'FicusError', String(error.stack));
    assert.match(error.message, new RegExp(String(port)));
    return true;
  });
  taken.close();
  // The store's lock is free again.
  openStore(join(root, 'taken', 'parent.db'), { clock: systemClock }).close();
});

test('discovered, weighted, killed, back, restarted with every control path down', async () => {
  const trust = await meshOf('mesh');
  const vm = await fakeChild(trust, { name: 'vm-1' });
  await using cluster = await fakeChild(trust, { name: 'cluster-1' });
  vm.say(JSON.stringify(advertisement({ orders: 1 })));
  cluster.say(JSON.stringify(advertisement({ orders: 0 }, { child: 'cluster-1' })));
  enrol('mesh', vm, ['*']);
  enrol('mesh', cluster, ['*']);
  {
    await using run = await started('mesh', router('orders@multicluster'), mesh);
    const said = async () => (JSON.parse((await run.get()).text) as { child?: string }).child;
    const legs = async () =>
      (await run.admin<{ uplinks: UplinkStatus[] }>('GET', '/v1/uplinks')).uplinks[0]?.legs ?? [];
    await eventually(async () => (await legs()).length === 2);
    for (let i = 0; i < 10; i++) assert.equal(await said(), 'vm-1');

    await run.admin('PUT', '/v1/uplinks/orders/weights', {
      weights: { 'vm-1': 1, 'cluster-1': 1 },
      reason: 'halves',
    });
    const answers = [];
    for (let i = 0; i < 20; i++) answers.push(await said());
    assert.equal(answers.filter((who) => who === 'vm-1').length, 10);

    // kill -9 of one leg: every request is served by the other.
    await vm.kill();
    for (let i = 0; i < 20; i++) assert.equal(await said(), 'cluster-1');
    await eventually(
      async () => (await legs()).some((leg) => leg.child === 'vm-1' && leg.health === 'down'),
      1000,
    );
    {
      await using again = await fakeChild(trust, { name: 'vm-1', port: vm.port });
      again.say(JSON.stringify(advertisement({ orders: 1 }, { epoch: 'second' })));
      await eventually(async () => (await said()) === 'vm-1');
    }

    // A new workload needs no restart, a refused one is shown.
    cluster.say(
      JSON.stringify({
        ...advertisement({ orders: 1, billing: 1 }, { child: 'cluster-1', revision: 2 }),
        uplinks: [...advertisement({ orders: 1, billing: 1 }).uplinks, { name: 'a"b', weight: -1 }],
      }),
    );
    await eventually(async () => {
      const { uplinks } = await run.admin<{ uplinks: UplinkStatus[] }>('GET', '/v1/uplinks');
      return uplinks.some(({ name }) => name === 'billing');
    }, 1000);
    const { children } = await run.admin<{ children: { problems: { code: string }[] }[] }>(
      'GET',
      '/v1/children',
    );
    assert.ok(children.some(({ problems }) => problems.some(({ code }) => code === 'advertisement.name')));
  }
  // The data port serves, the control path fails.
  const port = cluster.port;
  await cluster.kill();
  await using silent = await fakeChild(trust, {
    name: 'cluster-1',
    port,
    handler: (_, response) => response.writeHead(500).end(),
  });
  await using restarted = await started('mesh', router('orders@multicluster'), mesh);
  for (let i = 0; i < 10; i++) {
    const { status, text } = await restarted.get();
    assert.deepEqual([status, (JSON.parse(text) as { child: string }).child], [200, 'cluster-1']);
  }
  assert.ok(silent.served >= 10);
});

test('a revoked child loses its legs and its connections within two seconds', async () => {
  const trust = await meshOf('revoked');
  await using vm = await fakeChild(trust);
  vm.say(JSON.stringify(advertisement({ orders: 1, payments: 1 })));
  enrol('revoked', vm, ['ord*']);
  await using run = await started('revoked', router('orders@multicluster'), mesh);
  await eventually(async () => (await run.get()).status === 200);
  const { children } = await run.admin<{ children: { problems: { code: string; message: string }[] }[] }>(
    'GET',
    '/v1/children',
  );
  assert.equal(children[0]?.problems[0]?.code, 'advertisement.not-granted');
  assert.ok(vm.connections > 0);
  await run.admin('DELETE', '/v1/children/vm-1', { reason: 'stolen' });
  await eventually(() => vm.connections === 0, 2000);
  assert.notEqual((await run.get()).status, 200);
  const status = await run.admin<{ children: { state: string }[]; uplinks: unknown[] }>('GET', '/v1/status');
  assert.equal(status.children[0]?.state, 'revoked');
  assert.deepEqual(status.uplinks, []);
});

test('a store that fails after the start stops neither traffic nor discovery, and is told', async () => {
  const trust = await meshOf('unreadable');
  await using vm = await fakeChild(trust);
  vm.say(JSON.stringify(advertisement({ orders: 1 })));
  enrol('unreadable', vm, ['*']);
  await using run = await started('unreadable', router('orders@multicluster'), mesh);
  await eventually(async () => (await run.get()).status === 200);
  const database = new DatabaseSync(join(root, 'unreadable', 'parent.db'), { timeout: 2000 });
  database.exec('ALTER TABLE certificates RENAME TO hidden');
  try {
    // Every document asks whether its sender is revoked and what it was granted; every probe asks the first.
    vm.say(JSON.stringify(advertisement({ orders: 1, billing: 1 }, { revision: 2 })));
    const names = async () =>
      (await run.admin<{ uplinks: UplinkStatus[] }>('GET', '/v1/uplinks')).uplinks.map(({ name }) => name);
    await eventually(async () => (await names()).join() === 'billing,orders');
    assert.equal((await run.get()).status, 200);

    const change = { weights: { 'vm-1': 7 }, reason: 'stored, but not read back' };
    const applied = await run.admin<Applied>('PUT', '/v1/uplinks/orders/weights', change);
    assert.equal(applied.appliedByWorkers, false);
    const { problems } = await run.admin<ParentStatus>('GET', '/v1/status');
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['store.unreadable'],
    );
    assert.equal((await run.get()).status, 200);
  } finally {
    database.exec('ALTER TABLE hidden RENAME TO certificates');
    database.close();
  }
  await eventually(async () => {
    const { problems, uplinks } = await run.admin<ParentStatus>('GET', '/v1/status');
    return problems.length === 0 && uplinks.some(({ legs }) => legs[0]?.weight === 7);
  });
});

test("the parent's renewed certificate is what running workers show from then on", async () => {
  const trust = await meshOf('renewed');
  // Its control path fails in the end, so that no new model brings the certificate along.
  let failing = false;
  await using vm = await fakeChild(trust, {
    handler(request, response) {
      if (failing) response.writeHead(500).end();
      else if (!request.url?.endsWith('?watch')) response.writeHead(304).end();
      else response.write(`${JSON.stringify(advertisement({ orders: 1 }))}\n`);
    },
  });
  enrol('renewed', vm, ['*']);
  // What waits for hours is half of a certificate's life: the test says when it is over.
  const halfLives: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after(ms, fn) {
      if (ms < 3_600_000) return systemClock.after(ms, fn);
      halfLives.push(fn);
      return () => {};
    },
  };
  await using run = await started('renewed', router('orders@multicluster'), mesh, 0, clock);
  await eventually(async () => (await run.get()).status === 200);
  const first = vm.caller;
  assert.match(first, /^[0-9A-F]+$/);
  failing = true;
  for (const over of halfLives.splice(0)) over();
  await eventually(async () => {
    assert.equal((await run.get()).status, 200);
    return vm.caller !== first;
  });
});
