import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FailureWindow } from './failure-window.ts';

test('enough are enough exactly when that many lie within the window', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 });
  fc.assert(
    fc.property(pauses, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 8 }), (all, ms, max) => {
      const window = new FailureWindow();
      const times: number[] = [];
      let now = 0;
      for (const pause of all) {
        now += pause;
        times.push(now);
        const within = times.filter((at) => now - at < ms).length;
        assert.equal(window.add(now, ms, max), within >= max);
      }
    }),
  );
});

test('cleared, it starts from nothing', () => {
  const window = new FailureWindow();
  assert.equal(window.add(1, 10, 2), false);
  assert.equal(window.add(2, 10, 2), true);
  window.clear();
  assert.equal(window.add(3, 10, 2), false);
});
