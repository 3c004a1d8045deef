/** Weights change under load: no request fails, traffic follows within 200 ms, the split is exact. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Applied } from '@ficus/common/api/admin.ts';
import { load, startMesh } from '../harness/harness.ts';

test('weights change every 100 ms under load and no request fails', async () => {
  await using mesh = await startMesh({ workers: 2 });
  await using running = load({ url: mesh.url, concurrency: 32, requests: 8000 });
  let changes = 0;
  const turning = setInterval(() => {
    changes += 1;
    const share = (changes * 37) % 101;
    void mesh.parent.setWeights('orders', { 'vm-1': share, 'cluster-1': 100 - share });
  }, 100);
  const report = await running.finished();
  clearInterval(turning);
  assert.deepEqual(report.failures, {});
  assert.equal(report.ok, 8000);
  assert.ok(changes > 3, `only ${changes} changes`);
  assert.deepEqual(Object.keys(report.servedBy).sort(), ['at-cluster-1', 'at-vm-1']);
});

test('the command’s new weight reaches running traffic within 200 ms, and the split is exact', async () => {
  await using mesh = await startMesh({ weights: { 'vm-1': 100, 'cluster-1': 0 } });
  await using running = load({ url: mesh.url, concurrency: 8, ratePerSecond: 1500 });
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-vm-1']);

  const first = running.next((by) => by === 'at-cluster-1');
  const began = performance.now();
  await mesh.parent.setWeights('orders', { 'vm-1': 90, 'cluster-1': 10 });
  const tookMs = (await first) - began;
  assert.ok(tookMs < 200, `took ${tookMs} ms`);

  running.take();
  await running.seen(2000);
  const { servedBy, ok, failures } = running.take();
  assert.deepEqual(failures, {});
  const share = (servedBy['at-cluster-1'] ?? 0) / ok;
  assert.ok(Math.abs(share - 0.1) < 0.01, `cluster-1 got ${share}`);
});

test('the command says what it did, and undo takes it back', async () => {
  await using mesh = await startMesh();
  const set = ['weight', 'set', 'orders', 'vm-1=90', 'cluster-1=10'];
  const people = await mesh.parent.cli(...set, '--reason', 'canary');
  assert.equal(people.code, 0, people.stderr);
  assert.match(people.stdout, /^cluster-1 {2}1 → 10 .* 50 % → 10 % +up$/m);

  const applied = await mesh.parent.json<Applied>('weight', 'set', 'orders', 'vm-1=50', '--reason', 'more');
  assert.equal(applied.appliedByWorkers, true);
  assert.deepEqual(applied.change.before, { 'vm-1': 90 });
  assert.deepEqual(applied.change.after, { 'vm-1': 50 });

  await mesh.parent.json('undo', '--reason', 'less');
  const legs = (await mesh.parent.uplink('orders'))?.legs.map((leg) => [leg.child, leg.weight]).sort();
  assert.deepEqual(legs, [
    ['cluster-1', 10],
    ['vm-1', 90],
  ]);
  const history = await mesh.parent.json<{ chain: string; entries: { action: string; reason: string }[] }>(
    'history',
  );
  assert.equal(history.chain, 'verified');
  assert.equal(history.entries[0]?.action, 'undo');
  assert.equal(history.entries[0]?.reason, 'less');
});
