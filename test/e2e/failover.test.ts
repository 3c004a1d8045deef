/** A service in place of another: while its child is gone, and for single answers of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, type Mesh, send, startMesh } from '../harness/harness.ts';

/** vm-1 answers, cluster-1 in its place; what the fallback gets for `/status/…` it echoes. */
function dynamic(errors?: object): object {
  return {
    http: {
      routers: { all: { rule: 'PathPrefix(`/`)', service: 'safe' } },
      middlewares: { echo: { replacePathRegex: { regex: '^/status/.*', replacement: '/echo' } } },
      services: {
        safe: {
          failover: {
            service: 'orders/vm-1@multicluster',
            fallback: 'spare',
            ...(errors === undefined ? {} : { errors }),
          },
        },
        spare: {
          weighted: { services: [{ name: 'orders/cluster-1@multicluster' }] },
          middlewares: ['echo'],
        },
      },
    },
  };
}

test('the fallback answers while the child of the service is gone, and no longer', async () => {
  await using mesh = await startMesh({ workers: 2, dynamic: dynamic() });
  await using running = load({ url: mesh.url, concurrency: 8, ratePerSecond: 500 });
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-vm-1']);

  const fallback = running.next((by) => by === 'at-cluster-1');
  await mesh.child('vm-1').crash();
  await fallback;
  await mesh.parent.leg('orders', 'vm-1', (leg) => leg.health === 'down');
  running.take();
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-cluster-1']);

  const back = running.next((by) => by === 'at-vm-1');
  await mesh.child('vm-1').start();
  await back;
  await mesh.parent.leg('orders', 'vm-1');
  // Requests that were on their way, and the other worker's first ones.
  await running.seen(running.sinceTake + 100);
  running.take();
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-vm-1']);
  assert.deepEqual((await running.stop()).failures, {});
});

test('named answers of a child are replaced by the fallback’s, and nothing is done twice', async () => {
  await using mesh = await startMesh({ dynamic: dynamic({ status: ['500-503'] }) });
  const ask = (method: string, path: string, headers = {}, body?: string) =>
    send(`${mesh.parent.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const brief = async (...request: Parameters<typeof ask>) => {
    const { status, servedBy } = await ask(...request);
    return [status, servedBy];
  };
  assert.deepEqual(await brief('GET', '/orders'), [200, 'at-vm-1']);
  assert.deepEqual(await brief('GET', '/status/404'), [404, 'at-vm-1'], 'an answer that is not named');
  assert.deepEqual(await brief('GET', '/status/503'), [200, 'at-cluster-1']);
  const put = await ask('PUT', '/status/500', {}, 'the whole body');
  assert.deepEqual([put.servedBy, put.body], ['at-cluster-1', 'the whole body']);
  assert.deepEqual(await brief('POST', '/status/503', {}, 'x'), [503, 'at-vm-1'], 'may not be replayed');
  const vouched = await ask('POST', '/status/503', { 'Idempotency-Key': '1' }, 'an order');
  assert.deepEqual([vouched.servedBy, vouched.body], ['at-cluster-1', 'an order']);
  await gone(mesh);
  assert.deepEqual(await brief('GET', '/status/503'), [503, 'at-vm-1'], 'nobody is there to replace it');
});

/** The fallback is not there any more, and the parent knows. */
async function gone(mesh: Mesh): Promise<void> {
  await mesh.child('cluster-1').crash();
  await mesh.parent.leg('orders', 'cluster-1', (leg) => leg.health === 'down');
}
