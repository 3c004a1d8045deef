import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { Deadlines, deadlineGranularityMs } from './deadlines.ts';

function member(deadline: number) {
  return {
    deadline,
    count: 0,
    expired() {
      this.count++;
    },
  };
}

test('a deadline fires once, at most one granule late, and is Infinity by then', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const one = member(clock.monotonic() + 1000);
  deadlines.add(one);
  clock.advance(999);
  assert.equal(one.count, 0);
  clock.advance(1 + deadlineGranularityMs);
  assert.equal(one.count, 1);
  assert.equal(one.deadline, Number.POSITIVE_INFINITY);
  clock.advance(10_000);
  assert.equal(one.count, 1);
});

test('members may leave or join while others expire; none is told after close', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const second = member(clock.monotonic() + 10);
  const first = {
    deadline: clock.monotonic() + 10,
    expired() {
      deadlines.delete(second);
      deadlines.add(third);
    },
  };
  const third = member(clock.monotonic() + 5000);
  deadlines.add(first);
  deadlines.add(second);
  clock.advance(1000);
  assert.equal(second.count, 0);
  assert.equal(deadlines.size, 2);
  deadlines.close();
  clock.advance(10_000);
  assert.equal(third.count, 0);
  assert.equal(deadlines.size, 0);
});

test('`now` follows the clock by a granule', () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  clock.advance(5000);
  assert.ok(clock.monotonic() - deadlines.now < deadlineGranularityMs);
});
