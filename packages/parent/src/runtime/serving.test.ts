import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '@ficus/gateway/model/model.ts';
import type { Patch } from '@ficus/gateway/runtime/data-plane.ts';
import { aggregate } from '../aggregation/aggregate.ts';
import type { LegOverride } from '../store/store.ts';
import { advertisement } from '../testing/fake-child.ts';
import { HealthBoard } from './health-board.ts';
import { Serving } from './serving.ts';

/** A data plane that records, and lets the test act while a model is under way. */
function recorded() {
  const applied: Model[] = [];
  const patches: Patch[] = [];
  const overrides: LegOverride[] = [];
  const logged: string[] = [];
  const hooks = { whileApplying: () => {}, refuse: false };
  let uplinks: Record<string, number> = { orders: 5 };
  const board = new HealthBoard((patch) => serving.send(patch));
  const serving: Serving = new Serving({
    log: (_, message) => logged.push(message),
    dataPlane: {
      apply(model) {
        if (hooks.refuse) return Promise.reject(new Error('cannot'));
        hooks.whileApplying();
        applied.push(model);
        return Promise.resolve();
      },
      patch(patch) {
        patches.push(patch);
        return Promise.resolve();
      },
    },
    board,
    checker: { update: () => {} },
    mesh: {
      aggregated: () =>
        aggregate(
          [
            {
              name: 'vm-1',
              peerUri: 'spiffe://test.internal/child/vm-1',
              addresses: ['127.0.0.1'],
              port: 9443,
              advertisement: advertisement(uplinks),
            },
          ],
          () => overrides,
        ),
      identity: () => ({ certificate: { cert: '', key: '' }, roots: ['root'] }),
    },
    build: ([fragment]) => ({
      model: { services: fragment?.services, transports: fragment?.transports } as unknown as Model,
      disabled: [],
      sources: [],
    }),
  });
  return {
    serving,
    board,
    applied,
    patches,
    overrides,
    logged,
    hooks,
    offer: (next: typeof uplinks) => (uplinks = next),
  };
}

test('the same again makes no new generation; another uplink does', async () => {
  const run = recorded();
  await run.serving.start();
  await run.serving.rebuild();
  assert.equal(run.applied.length, 1);
  run.offer({ orders: 5, billing: 1 });
  await run.serving.rebuild();
  assert.equal(run.applied.length, 2);
});

test('a weight is a patch of all legs, without a rebuild', async () => {
  const run = recorded();
  await run.serving.start();
  run.overrides.push({ child: 'vm-1', weight: 90, mode: 'standby' });
  assert.equal(await run.serving.legsChanged('orders'), true);
  assert.equal(run.applied.length, 1);
  assert.deepEqual(run.patches, [
    {
      kind: 'legs',
      service: ['orders', 'multicluster'],
      legs: [{ key: 'vm-1', weight: 90, mode: 'standby' }],
    },
  ]);
  assert.equal(await run.serving.legsChanged('nobody-offers-this'), true);
});

test('a weight that changes while a model is under way is not lost', async () => {
  const run = recorded();
  run.hooks.whileApplying = () => run.overrides.push({ child: 'vm-1', weight: 7 });
  await run.serving.start();
  assert.deepEqual(run.patches, [
    { kind: 'legs', service: ['orders', 'multicluster'], legs: [{ key: 'vm-1', weight: 7, mode: 'active' }] },
  ]);
});

test('a model that is refused is told, changes nothing, and the next one is tried', async () => {
  const run = recorded();
  await run.serving.start();
  run.hooks.refuse = true;
  run.offer({ billing: 1 });
  await run.serving.rebuild();
  assert.equal(run.serving.failure, 'cannot');
  assert.equal(run.logged.length, 1);
  await assert.rejects(run.serving.start(), /cannot/);
  run.hooks.refuse = false;
  await run.serving.rebuild();
  assert.equal(run.serving.failure, undefined);
  assert.equal(run.applied.length, 2);
});

test('a refused model that is taken back is no failure any more, and the board never followed it', async () => {
  const run = recorded();
  await run.serving.start();
  const health = (uplink: string) =>
    run.board.healthOf({
      name: [`${uplink}/vm-1`, 'multicluster'],
      endpoints: [
        { scheme: 'https', host: '127.0.0.1', port: 9443, path: '', preservePath: false, weight: 1 },
      ],
    }).health;
  run.hooks.refuse = true;
  run.offer({ billing: 1 });
  await run.serving.rebuild();
  assert.equal(run.serving.failure, 'cannot');
  assert.deepEqual([health('orders'), health('billing')], ['up', 'unknown']);
  run.board.child('127.0.0.1', 9443, false, 'gone');
  assert.deepEqual(
    run.patches.map((patch) => (patch.kind === 'health' ? patch.service[0] : patch.kind)),
    ['orders/vm-1'],
  );
  run.offer({ orders: 5 });
  await run.serving.rebuild();
  assert.equal(run.serving.failure, undefined);
  assert.equal(run.applied.length, 1, 'it serves already');
});
