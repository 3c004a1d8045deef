/** Health through a real parent: verdicts outlive reloads, endpoints prove themselves, failing ones come back gently. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { eventually, type ParentProcess, send, startParent } from '../harness/harness.ts';

/** Says its name; `/health` answers with `health`, or never while that is 0; everything else with `status`. */
async function workload(name: string, health: number) {
  const state = { health, status: 200, served: 0 };
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/health') === true) {
      if (state.health !== 0) response.writeHead(state.health).end();
      return;
    }
    state.served++;
    response.writeHead(state.status).end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function dynamic(
  servers: readonly { url: string }[],
  options: object,
  path = '/',
  more: object = {},
): object {
  return {
    http: {
      routers: { all: { rule: `PathPrefix(\`${path}\`)`, service: 'all' } },
      services: { all: { loadBalancer: { servers: servers.map(({ url }) => ({ url })), ...options } } },
      ...more,
    },
  };
}

async function serverStatus(parent: ParentProcess): Promise<Record<string, string>> {
  const reply = await send('http://localhost/api/http/services/all@file', { socketPath: parent.socket });
  return (JSON.parse(reply.body) as { serverStatus: Record<string, string> }).serverStatus;
}

/** Who answered `count` requests; of those that are refused the status. */
async function answers(parent: ParentProcess, path: string, count = 20): Promise<string[]> {
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const { status, body } = await parent.get(path);
    seen.add(status === 200 ? body : `${status}`);
  }
  return [...seen].sort();
}

for (const workers of [0, 2]) {
  test(`workers ${workers}: a reload with another transport and another check leaves a dead endpoint down`, async () => {
    await using dead = await workload('dead', 503);
    await using good = await workload('good', 200);
    const servers = [dead, good];
    const healthCheck = { path: '/health', interval: '60s' };
    await using parent = await startParent({ workers, dynamic: dynamic(servers, { healthCheck }) });
    const isDown = async () => (await serverStatus(parent))[dead.url] === 'DOWN';
    await eventually(isDown, 5000, 'the dead one to be down');
    // Nobody could learn it anew from here on.
    dead.health = 0;
    const before = dead.served;
    await parent.setDynamic(
      dynamic(
        servers,
        { healthCheck: { ...healthCheck, path: '/health?deep' }, serversTransport: 'other' },
        '/v2',
        { serversTransports: { other: { forwardingTimeouts: { responseHeaderTimeout: '9s' } } } },
      ),
    );
    await eventually(async () => (await parent.get('/v2')).status === 200, 5000, 'the reload');
    assert.deepEqual(await answers(parent, '/v2'), ['good']);
    assert.deepEqual([await isDown(), dead.served], [true, before]);
  });
}

test('initially down: refused until the first good answer', async () => {
  await using slow = await workload('slow', 503);
  const healthCheck = { path: '/health', interval: '60s', unhealthyInterval: '50ms', initialState: 'down' };
  await using parent = await startParent({ workers: 1, dynamic: dynamic([slow], { healthCheck }) });
  assert.deepEqual(await answers(parent, '/'), ['503']);
  assert.deepEqual([await serverStatus(parent), slow.served], [{ [slow.url]: 'DOWN' }, 0]);
  slow.health = 200;
  await eventually(async () => (await parent.get('/')).status === 200, 5000, 'the first good answer');
  assert.deepEqual(await answers(parent, '/'), ['slow']);
});

test('an endpoint that fails is ejected, shown as down, and comes back with a part of its share', async () => {
  await using flaky = await workload('flaky', 200);
  await using good = await workload('good', 200);
  const passiveHealthCheck = { failureWindow: '2s', maxFailedAttempts: 3, readmission: '1h' };
  await using parent = await startParent({ dynamic: dynamic([flaky, good], { passiveHealthCheck }) });
  flaky.status = 500;
  await eventually(
    async () => {
      await parent.get('/');
      return (await serverStatus(parent))[flaky.url] === 'DOWN';
    },
    5000,
    'the ejection',
  );
  flaky.status = 200;
  assert.deepEqual(await answers(parent, '/'), ['good']);
  await eventually(async () => (await serverStatus(parent))[flaky.url] === 'UP', 5000, 'the end of it');
  const before = flaky.served;
  for (let i = 0; i < 200; i++) await parent.get('/');
  // A tenth of its half of 200.
  const share = flaky.served - before;
  assert.ok(share >= 8 && share <= 14, `${share} of 200`);
});
