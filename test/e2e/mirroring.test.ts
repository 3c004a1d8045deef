/** Copies of live requests at one child: they arrive whole, and no trouble of a mirror is a client's. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { MirrorStatus } from '@ficus/common/api/mirrors.ts';
import { eventually, load, type Mesh, send, startMesh } from '../harness/harness.ts';

const body = 'an order '.repeat(400);
const digest = createHash('sha256').update(body).digest('hex');

/** Everything is answered by vm-1; cluster-1, the release to come, gets copies of all of it. */
function dynamic(options: object): object {
  const mirrors = [{ name: 'orders/cluster-1@multicluster' }];
  return {
    http: {
      routers: { all: { rule: 'PathPrefix(`/`)', service: 'shadowed' } },
      services: { shadowed: { mirroring: { service: 'orders@multicluster', mirrors, ...options } } },
    },
  };
}

const posts = (mesh: Mesh) =>
  load({ url: mesh.url, method: 'POST', body, concurrency: 16, ratePerSecond: 400 });

async function mirrorOf({ parent }: Mesh): Promise<MirrorStatus> {
  const [mirror] = (await parent.admin<{ mirrors: MirrorStatus[] }>('/mirrors')).mirrors;
  assert.ok(mirror !== undefined);
  return mirror;
}

const until = (mesh: Mesh, check: (mirror: MirrorStatus) => boolean, what: string) =>
  eventually(
    async () => {
      const mirror = await mirrorOf(mesh);
      if (check(mirror)) return mirror;
      throw new Error(JSON.stringify(mirror));
    },
    15_000,
    what,
  );

const count = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, each) => sum + each, 0);

const weights = { 'vm-1': 100, 'cluster-1': 0 };
const start = (options: object) => startMesh({ workers: 2, dynamic: dynamic(options), weights });

describe('mirroring', () => {
  test('every request is copied once, whole, and the comparison is there for people and programs', async () => {
    // So many at once that none is dropped on a slow machine.
    await using mesh = await start({ maxInFlight: 10_000 });
    const before = (await mirrorOf(mesh)).copies;
    const report = await load({
      url: mesh.url,
      method: 'POST',
      body,
      concurrency: 16,
      requests: 2000,
    }).finished();
    assert.deepEqual(report.failures, {});
    assert.deepEqual(report.servedBy, { 'at-vm-1': 2000 });
    const mirror = await until(mesh, ({ inFlight }) => inFlight === 0, 'the end of the last copy');
    assert.deepEqual([mirror.copies - before, mirror.dropped], [2000, {}]);
    assert.equal((await mesh.workloads.get('cluster-1')?.copies())?.[digest], 2000);
    assert.deepEqual(await mesh.workloads.get('vm-1')?.copies(), {}, 'who answers gets no copies');
    assert.equal(mirror.answers.serverErrors, 0);
    assert.ok(mirror.answers.latency !== undefined && mirror.main.latency !== undefined);

    const shown = await mesh.parent.cli('mirrors');
    assert.match(shown.stdout, /^shadowed@file +answers +\d+ +0 % +[≤>] \d+ m?s /m);
    assert.match(shown.stdout, /^ +mirror orders\/cluster-1 +\d+ +0 +\d+ +0 % +[≤>] \d+ m?s .* -$/m);
    const { body: metrics } = await send('http://localhost/metrics', { socketPath: mesh.parent.socket });
    const labels = 'service="shadowed@file",mirror="orders/cluster-1"';
    assert.match(metrics, new RegExp(`^ficus_mirror_responses_total\\{${labels},code="200"\\} \\d+$`, 'm'));
  });

  test('a mirror that hangs fails no request; what it does not take is counted, and it flows again', async () => {
    await using mesh = await start({ maxInFlight: 20, timeout: '500ms' });
    await using running = posts(mesh);
    await running.seen(200);
    const workload = mesh.workloads.get('cluster-1');
    assert.ok(workload !== undefined);
    workload.process.kill('SIGSTOP');
    await until(mesh, ({ dropped }) => (dropped['busy'] ?? 0) > 0, 'copies that find no room');
    await until(mesh, ({ dropped }) => (dropped['timeout'] ?? 0) > 0, 'copies that are given up');
    running.take();
    await running.seen(400);
    assert.deepEqual(Object.keys(running.take().servedBy), ['at-vm-1'], 'the service goes on as ever');
    workload.process.kill('SIGCONT');
    const good = (await mirrorOf(mesh)).answers.codes['200'] ?? 0;
    await until(mesh, ({ answers }) => (answers.codes['200'] ?? 0) > good + 200, 'copies at the mirror');
    const report = await running.stop();
    assert.deepEqual(report.failures, {});
    const end = await until(mesh, ({ inFlight }) => inFlight === 0, 'the end of the last copy');
    // One that was given up after its answer began is both answered and dropped; without a reason none is lost.
    assert.ok(end.answers.answered + count(end.dropped) >= report.requests);
    assert.ok(end.copies + (end.dropped['busy'] ?? 0) >= report.requests);
  });

  test('kill -9 of the mirror’s child: no request fails, and copies flow once it is back', async () => {
    await using mesh = await start({});
    await using running = posts(mesh);
    await running.seen(200);
    await mesh.child('cluster-1').crash();
    await until(mesh, ({ answers }) => answers.serverErrors > 0, 'copies that meet nobody');
    running.take();
    await running.seen(200);
    await mesh.child('cluster-1').start();
    await mesh.parent.leg('orders', 'cluster-1');
    const good = (await mirrorOf(mesh)).answers.codes['200'] ?? 0;
    await until(mesh, ({ answers }) => (answers.codes['200'] ?? 0) > good + 100, 'copies at the mirror');
    const report = await running.stop();
    assert.deepEqual(report.failures, {});
    assert.deepEqual(Object.keys(report.servedBy), ['at-vm-1']);
    const { main } = await mirrorOf(mesh);
    assert.equal(main.serverErrors, 0, 'what became of the mirror is not the service’s');
  });
});
