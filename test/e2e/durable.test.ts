/** What was acknowledged survives kill -9; and a parent starts and serves from its last good state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, startMesh } from '../harness/harness.ts';

test('kill -9 of the parent straight after an acknowledged weight change: the change is there', async () => {
  await using mesh = await startMesh();
  for (const share of [17, 83, 42]) {
    await mesh.parent.setWeights('orders', { 'vm-1': share, 'cluster-1': 100 - share });
    await mesh.parent.crash();
    await mesh.parent.start();
    await mesh.parent.leg('orders', 'vm-1', (leg) => leg.weight === share && leg.weightFrom === 'operator');
    await mesh.parent.leg('orders', 'cluster-1', (leg) => leg.weight === 100 - share);
  }
  const history = await mesh.parent.json<{ chain: string; entries: { action: string }[] }>('history');
  assert.equal(history.chain, 'verified');
  assert.equal(history.entries.filter((entry) => entry.action === 'weights').length, 3);
});

test('the parent restarts and serves while every child’s control path is down', async () => {
  await using mesh = await startMesh({ weights: { 'vm-1': 70, 'cluster-1': 30 } });
  await mesh.parent.stop();
  // Stopped processes accept nothing: the parent must come up without having heard from any child.
  for (const child of mesh.children.values()) child.kill('SIGSTOP');
  mesh.parent.spawn();
  await eventually(
    async () => (await mesh.parent.status()).uplinks.length === 1,
    10_000,
    'the remembered uplink',
  );
  const legs = (await mesh.parent.uplink('orders'))?.legs ?? [];
  assert.deepEqual(legs.map((leg) => [leg.child, leg.weight]).sort(), [
    ['cluster-1', 30],
    ['vm-1', 70],
  ]);
  for (const child of mesh.children.values()) child.kill('SIGCONT');
  await eventually(async () => (await mesh.parent.get('/orders')).status === 200, 10_000, 'the first answer');
});

test('a child serves, and restarts, while its parent is gone, and is found again', async () => {
  await using mesh = await startMesh({ children: ['vm-1'] });
  await mesh.parent.crash();
  await mesh.child('vm-1').restart();
  await mesh.parent.start();
  await eventually(
    async () => (await mesh.parent.get('/orders')).servedBy === 'at-vm-1',
    10_000,
    'an answer',
  );
});
