/** The parent's workers: rolled one by one, and killed with -9. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, load, startMesh } from '../harness/harness.ts';

test('workers are rolled one by one under load and no request fails', async () => {
  await using mesh = await startMesh({ workers: 2 });
  const before = await mesh.parent.workers();
  assert.equal(before.length, 2);
  await using running = load({ url: mesh.url, concurrency: 32 });
  await running.seen(500);
  mesh.parent.kill('SIGHUP');
  await eventually(
    async () => {
      const now = await mesh.parent.workers();
      return now.length === 2 && now.every((pid) => !before.includes(pid));
    },
    30_000,
    'two new workers',
  );
  await running.seen((running.sinceTake || 0) + 500);
  const report = await running.stop();
  assert.deepEqual(report.failures, {});
  assert.deepEqual(Object.keys(report.servedBy).sort(), ['at-cluster-1', 'at-vm-1']);
});

test('a worker that is killed is replaced; only requests on its sockets fail', async () => {
  await using mesh = await startMesh({ workers: 2 });
  const [victim] = await mesh.parent.workers();
  assert.ok(victim !== undefined);
  const concurrency = 32;
  await using running = load({ url: mesh.url, concurrency });
  await running.seen(500);
  process.kill(victim, 'SIGKILL');
  await eventually(
    async () => {
      const now = await mesh.parent.workers();
      return now.length === 2 && !now.includes(victim);
    },
    10_000,
    'a new worker',
  );
  await running.seen(running.sinceTake + 1000);
  const report = await running.stop();
  assert.ok(report.failed <= concurrency, `${report.failed} failed`);
  for (const kind of Object.keys(report.failures)) {
    assert.match(
      kind,
      /^(?:closed|ECONNRESET|EPIPE)/,
      'the client saw its own connection break, nothing else',
    );
  }
  const { workers } = await mesh.parent.status();
  assert.equal(
    workers.reduce((sum, worker) => sum + worker.restarts, 0),
    1,
  );
});
