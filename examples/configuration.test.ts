import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkFiles } from '@ficus/cli/commands/check-files.ts';

test('the example configuration is good', async () => {
  const checked = await checkFiles(
    [
      'traefik/parent/parent.yaml',
      'traefik/parent/later/orders.yaml',
      'traefik/vm-1/child.yaml',
      'traefik/cluster-1/child.yaml',
    ],
    fileURLToPath(new URL('.', import.meta.url)),
  );
  assert.deepEqual(
    checked.flatMap((file) => file.problems),
    [],
  );
  assert.deepEqual(checked.map((file) => [file.file, file.kind]).sort(), [
    ['traefik/cluster-1/child.yaml', 'child'],
    ['traefik/parent/dynamic/monolith.yaml', 'dynamic'],
    ['traefik/parent/later/orders.yaml', 'dynamic'],
    ['traefik/parent/parent.yaml', 'parent'],
    ['traefik/vm-1/child.yaml', 'child'],
  ]);
});
