import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { asset, isPackaged } from './packaged.ts';

test('from source, what is installed is read from the checkout', () => {
  assert.equal(isPackaged(), false);
  const unit = asset('ficus-child.service').toString();
  assert.equal(
    unit,
    readFileSync(new URL('../../../deploy/systemd/ficus-child.service', import.meta.url), 'utf8'),
  );
  assert.match(unit, /^\[Unit\]$/m);
});
