import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseOf } from './schedule.ts';

const pause = (failures: number, chance: number, retryAfterMs?: number, pollInterval = 30_000) =>
  pauseOf({ failures, chance, pollInterval, retryAfterMs });

test('the interval or up to a fifth less; longer after failures, a minute at most', () => {
  assert.deepEqual([pause(0, 0), pause(0, 0.5), pause(0, 1)], [24_000, 27_000, 30_000]);
  const often = [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => pause(failures, 1, undefined, 2000));
  assert.deepEqual(often, [2000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.equal(pause(9, 1, undefined, 300_000), 300_000);
});

test('what a look took is part of the interval, up to half of it', () => {
  const after = (tookMs: number, failures = 0) =>
    pauseOf({ failures, chance: 1, pollInterval: 2000, tookMs });
  assert.deepEqual([after(0), after(600), after(1900), after(90_000)], [2000, 1400, 1000, 1000]);
  assert.equal(after(600, 1), 2000, 'one that failed');
});

test('what Prism Central asks for is given, within reason', () => {
  assert.equal(pause(1, 0, 120_000), 120_000);
  assert.equal(pause(1, 1, 120_000), 132_000);
  assert.equal(pause(1, 0, 5000), 24_000);
  assert.equal(pause(1, 0, 999_999_000), 600_000);
});
