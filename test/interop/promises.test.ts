/** What the mesh promises, kept for an HTTP/2 client with 64 streams on one connection: no GET fails. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import { eventually, type H2Load, h2Load, type Mesh, meshDynamic, startMesh } from '../harness/harness.ts';

/** Resolves once so many more were answered. */
async function answers(load: H2Load, more: number): Promise<void> {
  const goal = load.report.ok + more;
  await eventually(() => load.report.ok >= goal, 20_000, `${more} more answers`);
}

async function passed(load: H2Load, atLeast: number): Promise<void> {
  const report = await load.stop();
  assert.deepEqual(report.failures, {});
  assert.ok(report.ok >= atLeast, `${report.ok} answers`);
}

suite('a parent with two workers', () => {
  let mesh: Mesh;
  before(async () => {
    mesh = await startMesh({ workers: 2 });
  });
  after(async () => mesh?.[Symbol.asyncDispose]());

  test('weights change every 100 ms', async () => {
    await using load = h2Load({ url: mesh.parent.url });
    let changes = 0;
    const turning = setInterval(() => {
      changes++;
      const share = (changes * 37) % 101;
      void mesh.parent.setWeights('orders', { 'vm-1': share, 'cluster-1': 100 - share });
    }, 100);
    try {
      await eventually(() => changes >= 12, 20_000, 'twelve changes');
    } finally {
      clearInterval(turning);
    }
    await passed(load, 1000);
    assert.deepEqual(Object.keys(load.report.servedBy).sort(), ['at-cluster-1', 'at-vm-1']);
    assert.equal(load.report.sessions, 1);
  });

  test('the configuration is reloaded', async () => {
    await using load = h2Load({ url: mesh.parent.url });
    const base = meshDynamic('orders', ['vm-1', 'cluster-1']) as { http: { routers: object } };
    for (let version = 1; version <= 4; version++) {
      const marker = {
        rule: `Path(\`/version-${version}\`)`,
        service: 'orders@multicluster',
        middlewares: ['m'],
      };
      await mesh.parent.setDynamic({
        http: {
          routers: { ...base.http.routers, marker },
          middlewares: { m: { headers: { customResponseHeaders: { 'x-version': String(version) } } } },
        },
      });
      await eventually(
        async () => (await mesh.parent.get(`/version-${version}`)).headers['x-version'] === String(version),
        5000,
        `version ${version}`,
      );
      await answers(load, 200);
    }
    await passed(load, 1000);
  });

  test('workers are rolled: a GOAWAY moves the client to a new worker, and no request is lost', async () => {
    const before = await mesh.parent.workers();
    await using load = h2Load({ url: mesh.parent.url });
    await answers(load, 500);
    mesh.parent.kill('SIGHUP');
    await eventually(
      async () => {
        const now = await mesh.parent.workers();
        return now.length === 2 && now.every((pid) => !before.includes(pid));
      },
      30_000,
      'two new workers',
    );
    await answers(load, 500);
    await passed(load, 1000);
    assert.ok(load.report.sessions > 1, 'the client was told to go');
  });
  test('a child is restarted: what it has begun it finishes', async () => {
    await using load = h2Load({ url: mesh.parent.url });
    await answers(load, 500);
    await mesh.child('cluster-1').restart();
    await mesh.parent.leg('orders', 'cluster-1');
    const before = load.report.servedBy['at-cluster-1'] ?? 0;
    await eventually(() => (load.report.servedBy['at-cluster-1'] ?? 0) > before, 10_000, 'its answers');
    await passed(load, 500);
  });

  test('a child is killed with -9: its streams move to the other leg', async () => {
    await using load = h2Load({ url: mesh.parent.url });
    await answers(load, 500);
    await mesh.child('cluster-1').crash();
    await mesh.parent.leg('orders', 'cluster-1', (leg) => leg.health === 'down', 2000);
    await answers(load, 1000);
    await passed(load, 1500);
  });
});

test('certificates are renewed every second', async () => {
  await using mesh = await startMesh({ childEnv: { FICUS_RENEW_EVERY_MS: '1000' } });
  await using load = h2Load({ url: mesh.parent.url });
  const seen = new Set<string>();
  await eventually(
    async () => {
      const { children } = await mesh.parent.admin<{ children: ChildStatus[] }>('/children');
      for (const child of children) seen.add(child.certificate?.serial ?? '');
      return seen.size >= 6;
    },
    20_000,
    'two renewals of each child',
  );
  await answers(load, 500);
  await passed(load, 1000);
});
