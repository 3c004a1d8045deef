/** Certificates are renewed every second under load: no request fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import { eventually, load, startMesh } from '../harness/harness.ts';

test('children renew every second under load, the parent takes it, and no request fails', async () => {
  await using mesh = await startMesh({ childEnv: { FICUS_RENEW_EVERY_MS: '1000' } });
  const serials = async () => {
    const { children } = await mesh.parent.admin<{ children: ChildStatus[] }>('/children');
    return children.map((child) => child.certificate?.serial ?? '');
  };
  const seen = new Set(await serials());
  await using running = load({ url: mesh.url, concurrency: 16, ratePerSecond: 800 });
  await eventually(
    async () => {
      for (const serial of await serials()) seen.add(serial);
      return seen.size >= 8;
    },
    20_000,
    'three renewals of each child',
  );
  const report = await running.stop();
  assert.deepEqual(report.failures, {});
  assert.ok(report.ok > 1000, `${report.ok} requests`);
  const { children } = await mesh.parent.status();
  assert.deepEqual(
    children.map((child) => child.state),
    ['connected', 'connected'],
  );
});
