import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdvertisedUplink } from '@ficus/common/uplink/advertisement.ts';
import { withHeld } from './held-uplinks.ts';

const uplink = (name: string, weight = 1): AdvertisedUplink => ({
  name,
  weight,
  protocol: 'http',
  endpoints: { healthy: 1, total: 1 },
});
const names = (uplinks: readonly AdvertisedUplink[]) => uplinks.map(({ name }) => name);
const refused = (...about: readonly (string | undefined)[]) => ({
  refused: about.length,
  problems: about.map((name) => ({
    code: 'advertisement.weight',
    message: 'want a whole number',
    ...(name === undefined ? {} : { uplink: name }),
  })),
});
const before = [uplink('orders', 3), uplink('billing')];

test('nothing refused: what is gone is gone', () => {
  assert.deepEqual(names(withHeld([uplink('billing')], refused(), before)), ['billing']);
});

test('a refused uplink keeps its last good entry, one that was taken away goes', () => {
  assert.deepEqual(withHeld([], refused('orders'), before), [uplink('orders', 3)]);
});

test('an uplink never seen good is not made up', () => {
  assert.deepEqual(names(withHeld([uplink('billing')], refused('stock'), before)), ['billing']);
});

test('a refused uplink without a name: any missing one may be it', () => {
  assert.deepEqual(names(withHeld([], refused(undefined), before)), ['orders', 'billing']);
});

test('what is accepted counts, not what was before', () => {
  assert.deepEqual(withHeld([uplink('orders', 7)], refused('orders'), before), [uplink('orders', 7)]);
});
