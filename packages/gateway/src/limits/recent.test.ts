import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Recent } from './recent.ts';

it('never holds more than it may, and keeps what is used', () => {
  const recent = new Recent<number>(100);
  recent.add('used', 1);
  for (let i = 0; i < 10_000; i++) {
    recent.add(`source ${i}`, i);
    assert.ok(recent.size <= 100);
    assert.equal(recent.get('used'), 1);
  }
  assert.equal(recent.get('source 9999'), 9999);
  assert.equal(recent.get('source 0'), undefined);
});

it('forgets what was not used between two ages', () => {
  const recent = new Recent<string>();
  recent.add('a', 'A');
  recent.add('b', 'B');
  recent.age();
  assert.equal(recent.get('a'), 'A');
  recent.age();
  assert.equal(recent.get('a'), 'A');
  assert.equal(recent.get('b'), undefined);
  assert.equal(recent.size, 1);
});
