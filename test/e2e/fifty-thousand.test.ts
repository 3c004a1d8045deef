/** The promise as a whole: 50,000 requests at concurrency 64 while everything that may change changes. None fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, load, meshDynamic, startMesh } from '../harness/harness.ts';

test('0 of 50,000 requests fail while weights, configuration, certificates, children and workers change', async () => {
  await using mesh = await startMesh({
    workers: 2,
    // The parent's own certificate lives as long as the children's, and is renewed at half of it.
    certificateTtl: '10s',
    childEnv: { FICUS_RENEW_EVERY_MS: '1000' },
  });
  const { parent } = mesh;
  await using running = load({ url: mesh.url, concurrency: 64, requests: 50_000 });
  const finished = running.finished();
  let over = false;
  void finished.then(() => {
    over = true;
  });

  let asked = 0;
  const changes: Promise<string>[] = [];
  const turning = setInterval(() => {
    asked += 1;
    const share = 10 + ((asked * 37) % 81);
    const change = parent.setWeights('orders', { 'vm-1': share, 'cluster-1': 100 - share });
    changes.push(
      change.then(
        () => 'acknowledged',
        (error: unknown) => `${error}`,
      ),
    );
  }, 100);
  let reloads = 0;
  let renewed = false;
  const reloading = setInterval(() => {
    reloads += 1;
    renewed ||= parent.process.output.includes('"own certificate renewed"');
    const dynamic = meshDynamic('orders', ['vm-1', 'cluster-1']) as {
      http: { routers: Record<string, object> };
    };
    const extra = { rule: `Path(\`/reload-${reloads}\`)`, service: 'orders@multicluster' };
    void parent.setDynamic({ http: { routers: { ...dynamic.http.routers, extra } } });
  }, 500);

  let restarts = 0;
  // Children, then the workers, one after the other, for as long as there is load, and at least once.
  do {
    for (const child of mesh.children.values()) {
      await child.restart();
      await parent.leg('orders', child.name);
      restarts += 1;
    }
    const before = await parent.workers();
    parent.kill('SIGHUP');
    await eventually(
      async () => {
        const now = await parent.workers();
        return now.length === 2 && now.every((pid) => !before.includes(pid));
      },
      30_000,
      'new workers',
    );
  } while (!over);
  clearInterval(turning);
  clearInterval(reloading);

  const report = await finished;
  assert.deepEqual(report.failures, {});
  assert.equal(report.ok, 50_000);
  const answers = await Promise.all(changes);
  assert.deepEqual([...new Set(answers)], ['acknowledged'], 'no weight change failed');
  assert.ok(answers.length >= 10 && reloads >= 2 && restarts >= 2);
  assert.ok(renewed, 'the parent renewed its own certificate within the run');
});
