/** A child dies or goes silent under load: replayable requests don't fail, and it is out of rotation soon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, startMesh } from '../harness/harness.ts';

test('kill -9 of a child: no replayable request fails, out of rotation within 1 s', async () => {
  await using mesh = await startMesh({ workers: 2 });
  await using running = load({ url: mesh.url, concurrency: 32 });
  await running.seen(1000);
  await mesh.child('cluster-1').crash();
  const died = performance.now();
  await mesh.parent.leg('orders', 'cluster-1', (leg) => leg.health === 'down', 1000);
  assert.ok(performance.now() - died < 1000);
  await running.seen(2000);
  running.take();
  await running.seen(500);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-vm-1']);
  assert.deepEqual((await running.stop()).failures, {});
});

test('a request that may not be replayed is answered with 502 or less, never twice', async () => {
  await using mesh = await startMesh();
  await using running = load({ url: mesh.url, concurrency: 16, method: 'POST', body: 'x' });
  await running.seen(500);
  await mesh.child('cluster-1').crash();
  await running.seen(1500);
  const report = await running.stop();
  // Those on the dead child's connections may fail; each is answered, and with a status that says whose fault it is.
  for (const kind of Object.keys(report.failures)) assert.match(kind, /^status 50[234] /);
  assert.ok(report.failed <= 16, `${report.failed} failed`);
});

test('a child that goes silent (SIGSTOP) is out within 10 s, and back when it wakes', async () => {
  await using mesh = await startMesh({ healthCheck: { path: '/', interval: '1s', timeout: '1s' } });
  await using running = load({ url: mesh.url, concurrency: 8, ratePerSecond: 300, timeoutMs: 20_000 });
  await running.seen(100);
  const child = mesh.child('cluster-1');
  child.kill('SIGSTOP');
  await mesh.parent.leg('orders', 'cluster-1', (leg) => leg.health === 'down', 10_000);
  running.take();
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-vm-1']);
  child.kill('SIGCONT');
  await running.next((by) => by === 'at-cluster-1');
  assert.deepEqual((await running.stop()).failures, {});
});
