/** A child restarts gracefully under load: no request fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childrenOf, load, startMesh } from '../harness/harness.ts';

test('children restart one after the other under load and no request fails', async () => {
  await using mesh = await startMesh();
  await using running = load({ url: mesh.url, concurrency: 16, ratePerSecond: 1500 });
  await running.seen(200);
  for (const name of ['vm-1', 'cluster-1']) {
    const child = mesh.child(name);
    const exit = await child.stop();
    assert.deepEqual(exit, { code: 0, signal: null });
    running.take();
    await running.seen(300);
    assert.equal(running.take().servedBy[`at-${name}`], undefined, `${name} is gone`);
    const back = running.next((by) => by === `at-${name}`);
    await child.start();
    await back;
  }
  const report = await running.stop();
  assert.deepEqual(report.failures, {});
});

test('SIGHUP rolls a child’s workers under load, ends nothing, and no request fails', async () => {
  await using mesh = await startMesh({ childStatic: { workers: 1 } });
  await using running = load({ url: mesh.url, concurrency: 8, ratePerSecond: 400 });
  await running.seen(100);
  for (const child of mesh.children.values()) {
    const before = await childrenOf(child.process.pid);
    child.kill('SIGHUP');
    await child.process.until(async () => {
      const now = await childrenOf(child.process.pid);
      return now.length === 1 && now.every((pid) => !before.includes(pid));
    }, 'a new worker');
  }
  running.take();
  await running.seen(100);
  assert.deepEqual((await running.stop()).failures, {});
  for (const child of mesh.children.values()) assert.equal(child.process.exit, undefined);
});
