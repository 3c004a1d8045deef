/** Configuration reloads under load: no request fails, and each new configuration is in force. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, load, meshDynamic, startMesh } from '../harness/harness.ts';

test('reloads every 500 ms under load and no request fails', async () => {
  await using mesh = await startMesh({ workers: 2 });
  await using running = load({ url: mesh.url, concurrency: 32 });
  const base = meshDynamic('orders', ['vm-1', 'cluster-1']) as { http: { routers: Record<string, object> } };
  for (let version = 1; version <= 6; version++) {
    const marker = {
      rule: `Path(\`/version-${version}\`)`,
      service: 'orders@multicluster',
      middlewares: ['marker'],
    };
    await mesh.parent.setDynamic({
      http: {
        routers: { ...base.http.routers, marker },
        middlewares: {
          marker: { headers: { customResponseHeaders: { 'x-version': String(version) } } },
        },
      },
    });
    const written = performance.now();
    await eventually(
      async () => (await mesh.parent.get(`/version-${version}`)).headers['x-version'] === String(version),
      5000,
      `version ${version}`,
    );
    // As the promise has it: a reload every 500 ms, not as fast as they are taken.
    await running.seen(0);
    await eventually(() => performance.now() - written >= 500);
  }
  const report = await running.stop();
  assert.deepEqual(report.failures, {});
  assert.ok(report.ok > 1000, `${report.ok} requests`);
});
