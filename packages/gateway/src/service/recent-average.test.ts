import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecentAverage } from './recent-average.ts';

test('the mean of the last hundred, however many went before', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 450 }), (samples) => {
      const average = new RecentAverage();
      for (const sample of samples) average.add(sample);
      const last = samples.slice(-100);
      const expected = last.reduce((sum, one) => sum + one, 0) / Math.max(1, last.length);
      assert.ok(Math.abs(average.value - expected) <= 1e-6 * Math.max(1, expected));
    }),
  );
});
