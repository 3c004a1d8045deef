/** Modes: standby waits for failover, off gets nothing, and weight 0 is not a mode. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, load, startMesh } from '../harness/harness.ts';

test('standby takes over when the last active leg dies, even at weight 0, and no request fails', async () => {
  await using mesh = await startMesh({ weights: { 'vm-1': 0, 'cluster-1': 100 } });
  await mesh.parent.json('mode', 'set', 'orders', 'vm-1=standby', '--reason', 'the cluster serves');
  await using running = load({ url: mesh.url, concurrency: 8, ratePerSecond: 1000 });
  await running.seen(300);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-cluster-1']);

  const fallback = running.next((by) => by === 'at-vm-1');
  await mesh.child('cluster-1').crash();
  await fallback;
  await running.seen(500);
  assert.deepEqual(running.take().failures, {});

  const back = running.next((by) => by === 'at-cluster-1');
  await mesh.child('cluster-1').start();
  await back;
  await mesh.parent.leg('orders', 'cluster-1');
  await running.seen(100);
  running.take();
  await running.seen(300);
  const report = running.take();
  assert.deepEqual(Object.keys(report.servedBy), ['at-cluster-1']);
  assert.deepEqual((await running.stop()).failures, {});
});

test('off gets nothing, not even when it is the last one', async () => {
  await using mesh = await startMesh();
  await mesh.parent.json('mode', 'set', 'orders', 'vm-1=off', '--reason', 'maintenance');
  const report = await load({ url: mesh.url, concurrency: 4, requests: 200 }).finished();
  assert.deepEqual(report.servedBy, { 'at-cluster-1': 200 });
  await mesh.child('cluster-1').crash();
  await eventually(async () => (await mesh.parent.get('/orders')).status === 503, 10_000, 'a 503');
  // Only weighted routing obeys the mode: the child alone stays reachable under its own name.
  assert.equal((await mesh.parent.get('/vm-1/orders')).servedBy, 'at-vm-1');
});
