/** Revoking a child: its live connections close within 2 s, its legs go, and it can't come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, load, startMesh } from '../harness/harness.ts';

test('a revoked child’s live connections are closed within 2 s and its legs are gone', async () => {
  await using mesh = await startMesh();
  await using running = load({ url: mesh.url, concurrency: 8, ratePerSecond: 500 });
  await running.seen(200);
  const began = performance.now();
  const slow = mesh.parent.get('/vm-1/slow?ms=20000').then(
    (reply) => reply.status,
    () => 'broken off',
  );
  const revoked = await mesh.parent.cli('children', 'revoke', 'vm-1', '--reason', 'stolen');
  assert.equal(revoked.code, 0, revoked.stderr);
  const answered = await slow;
  assert.ok(performance.now() - began < 4000, 'the request in flight was cut');
  assert.notEqual(answered, 200);
  await eventually(
    async () => (await mesh.parent.uplink('orders'))?.legs.length === 1,
    2000,
    'the leg to go',
  );

  running.take();
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-cluster-1']);
  assert.deepEqual((await running.stop()).failures, {});

  const { children } = await mesh.parent.status();
  assert.equal(children.find((child) => child.name === 'vm-1')?.state, 'revoked');
  await mesh
    .child('vm-1')
    .restart()
    .catch(() => {});
  const after = await mesh.parent.status();
  assert.equal(after.children.find((child) => child.name === 'vm-1')?.state, 'revoked');
});
