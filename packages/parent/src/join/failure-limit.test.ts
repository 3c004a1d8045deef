import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FicusError } from '@ficus/common/errors.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { failureLimit } from './failure-limit.ts';

const refused = (error: FicusError) => error.code === 'join.too-many-failures' && error.status === 429;

test('the sixth try of a minute waits for its end, and other sources do not', () => {
  const clock = new ManualClock();
  const limit = failureLimit(clock);
  for (let i = 0; i < 5; i++) {
    limit.check('10.0.0.1');
    limit.failed('10.0.0.1');
    clock.advance(1000);
  }
  assert.throws(
    () => limit.check('10.0.0.1'),
    (error: FicusError) => {
      assert.match(error.remedy ?? '', /in 55 s/);
      return refused(error);
    },
  );
  limit.check('10.0.0.2');
  clock.advance(54_999);
  assert.throws(() => limit.check('10.0.0.1'), refused);
  clock.advance(1);
  limit.check('10.0.0.1');
  limit.failed('10.0.0.1');
  limit.check('10.0.0.1');
});

test('asking alone is no failure', () => {
  const limit = failureLimit(new ManualClock(), { most: 1 });
  for (let i = 0; i < 10; i++) limit.check('10.0.0.1');
});

test('a host is its /64 in IPv6, however it writes its address', () => {
  const limit = failureLimit(new ManualClock(), { most: 1 });
  limit.failed('2001:db8:0:7::1');
  for (const same of ['2001:db8:0:7:ffff::2', '2001:db8:0:7:1:2:3:4', '2001:db8:0:7::%eth0']) {
    assert.throws(() => limit.check(same), refused, same);
  }
  for (const other of ['2001:db8:0:8::1', '2001:db8::7:1', '::1']) limit.check(other);
  limit.failed('::1');
  assert.throws(() => limit.check('::2'), refused);
});

test('it remembers so many sources and no more: the oldest is forgotten', () => {
  const limit = failureLimit(new ManualClock(), { most: 1, sources: 2 });
  for (const source of ['a', 'b', 'c']) limit.failed(source);
  limit.check('a');
  assert.throws(() => limit.check('b'), refused);
  assert.throws(() => limit.check('c'), refused);
});
