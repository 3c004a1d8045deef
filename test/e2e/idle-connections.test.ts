/** Ten thousand idle keep-alive clients on one worker cost little memory, and it goes on serving beside them. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { rssOf, startParent, startWorkload } from '../harness/harness.ts';

const connections = 10_000;
const atOnce = 250;
const request = 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n';

/** Opens a connection, has one request answered on it and leaves it open. */
function idleClient(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
  });
}

test('10,000 idle keep-alive connections take under 250 MiB more', async () => {
  await using workload = await startWorkload({ name: 'monolith' });
  await using parent = await startParent({
    mesh: false,
    workers: 1,
    dynamic: {
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'monolith' } },
        services: { monolith: { loadBalancer: { servers: [{ url: workload.url }] } } },
      },
    },
  });
  const [worker] = await parent.workers();
  assert.ok(worker !== undefined);
  const before = await rssOf(worker);
  const port = Number(new URL(parent.url).port);
  const clients: Socket[] = [];
  try {
    while (clients.length < connections) {
      clients.push(...(await Promise.all(Array.from({ length: atOnce }, () => idleClient(port)))));
    }
    const more = (await rssOf(worker)) - before;
    assert.ok(more < 250, `${more.toFixed(1)} MiB more`);
    assert.equal((await parent.get('/')).status, 200);
    assert.ok(clients.every((client) => !client.destroyed));
  } finally {
    for (const client of clients) client.destroy();
  }
});
