import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cast } from '../../examples/demo/cast.ts';
import { silent } from '../../examples/demo/narrator.ts';
import { tagVm } from '../../examples/demo/tagged-vm.ts';

test('a VM that is tagged in Prism Central is routable within a poll and a second', async () => {
  await using cast = await Cast.make();
  await cast.startParent();
  const ms = await tagVm(cast, silent);
  // 2 s give or take a tenth, and 1 s.
  assert.ok(ms <= 3200, `${ms} ms`);
});
