/** The simulator's own behaviour over real TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPrismSimulator } from './simulator.ts';
import { ask } from './testing/ask.ts';

test('lists VMs by page, with categories and a total', async () => {
  await using prism = await startPrismSimulator();
  prism.fleet(120, 3);
  const first = await ask(prism, '/api/vmm/v4.1/ahv/config/vms');
  assert.equal(first.status, 200);
  assert.equal(first.list('data').length, 50);
  assert.equal(first.at('metadata', 'totalAvailableResults'), 120);
  const last = await ask(prism, '/api/vmm/v4.1/ahv/config/vms?%24page=2&%24limit=50');
  assert.equal(last.list('data').length, 20);
  const rels = last.list('metadata', 'links').map((link) => link['rel']);
  assert.deepEqual(rels, ['first', 'prev', 'self', 'last']);
  assert.equal(prism.requests.length, 2);
  assert.equal(prism.requests[1]?.path, '/api/vmm/v4.1/ahv/config/vms?%24page=2&%24limit=50');
});
