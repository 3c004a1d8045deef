/** How soon things become routable: a new workload, a new child. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, makeChild, startChild, startParent, startWorkload } from '../harness/harness.ts';

const dynamic = (...names: string[]) => ({
  http: {
    routers: Object.fromEntries(
      names.map((name) => [name, { rule: `PathPrefix(\`/${name}\`)`, service: `${name}@multicluster` }]),
    ),
  },
});

test('a new workload is routable within 1 s of the child’s configuration change, and gone when it is taken away', async () => {
  await using parent = await startParent({ dynamic: dynamic('orders', 'billing') });
  await using workload = await startWorkload({ name: 'shop' });
  await using child = await startChild({
    parent,
    name: 'vm-1',
    workloads: { orders: { url: workload.url } },
  });
  await eventually(async () => (await parent.get('/orders')).status === 200);
  assert.equal((await parent.get('/billing')).status, 503);

  const changed = performance.now();
  await child.setWorkloads({ orders: { url: workload.url }, billing: { url: workload.url } });
  await eventually(async () => (await parent.get('/billing')).status === 200, 1000, 'the new workload');
  assert.ok(performance.now() - changed < 1000);

  await child.setWorkloads({ orders: { url: workload.url } });
  await eventually(async () => (await parent.get('/billing')).status === 503, 10_000, 'its end');
  assert.equal((await parent.get('/orders')).status, 200);
});

test('from join to the first routed request in under 10 s', async () => {
  await using parent = await startParent({ dynamic: dynamic('orders') });
  await using workload = await startWorkload({ name: 'shop' });
  await using child = await makeChild({ parent, name: 'vm-1', workloads: { orders: { url: workload.url } } });
  const began = performance.now();
  await child.join();
  child.spawn();
  await eventually(async () => (await parent.get('/orders')).servedBy === 'shop', 10_000, 'the first answer');
  assert.ok(performance.now() - began < 10_000);
});

test('the short form in child.yaml is enough', async () => {
  await using parent = await startParent({ dynamic: dynamic('orders') });
  await using workload = await startWorkload({ name: 'shop' });
  await using _child = await startChild({
    parent,
    name: 'vm-1',
    static: { workloads: { orders: { url: workload.url } } },
  });
  await eventually(async () => (await parent.get('/orders')).servedBy === 'shop');
});
