import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadedIdentity } from '@ficus/pki/node-identity.ts';
import { IdentityInUse } from './identity-in-use.ts';

const identity = (serial: string, name = 'vm-1') =>
  ({ name, uri: `spiffe://ficus.test/child/${name}`, facts: { serial } }) as LoadedIdentity;

function inUse() {
  const applied: string[] = [];
  const run = { failing: false, taken: 0 };
  const held = new IdentityInUse({
    first: identity('1'),
    apply: async (next) => {
      if (run.failing) throw new Error('a worker did not answer');
      applied.push(next.facts.serial);
    },
    onTaken: () => {
      run.taken += 1;
    },
  });
  return { held, applied, run };
}

test('an identity that could not be applied does not count, and is tried again', async () => {
  const { held, applied, run } = inUse();
  run.failing = true;
  await assert.rejects(held.take(identity('2')), /a worker did not answer/);
  assert.deepEqual([held.current.facts.serial, run.taken], ['1', 0]);
  run.failing = false;
  await held.take(identity('2'));
  assert.deepEqual([held.current.facts.serial, applied, run.taken], ['2', ['2'], 1]);
});

test('one that comes twice at once is applied once; another child’s is refused', async () => {
  const { held, applied } = inUse();
  await Promise.all([held.take(identity('2')), held.take(identity('2'))]);
  assert.deepEqual(applied, ['2']);
  await assert.rejects(held.take(identity('3', 'vm-2')), { code: 'child.other-name' });
  assert.equal(held.current.facts.serial, '2');
});
