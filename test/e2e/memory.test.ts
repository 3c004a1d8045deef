/** Memory of idle processes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, rssOf, startMesh } from '../harness/harness.ts';

test('idle: a child under 90 MiB, a parent’s control process under 130, each worker under 70', async () => {
  await using mesh = await startMesh({ workers: 2 });
  // Not quite idle: something has been through it, as in life.
  const report = await load({ url: mesh.url, concurrency: 4, requests: 200 }).finished();
  assert.equal(report.failed, 0);
  for (const child of mesh.children.values()) {
    const mib = await child.rss();
    assert.ok(mib < 90, `child ${child.name}: ${mib.toFixed(1)} MiB`);
  }
  const parent = await mesh.parent.rss();
  assert.ok(parent < 130, `parent: ${parent.toFixed(1)} MiB`);
  for (const pid of await mesh.parent.workers()) {
    const mib = await rssOf(pid);
    assert.ok(mib < 70, `worker: ${mib.toFixed(1)} MiB`);
  }
});
