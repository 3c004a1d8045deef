import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Readmission } from './readmission.ts';

/** How many of `requests` meant for it, at each `now`, it takes. */
function taken(way: Readmission, now: number, requests: number): number {
  let count = 0;
  for (let i = 0; i < requests; i++) if (way.admits(now)) count++;
  return count;
}

test('the share grows evenly from a tenth to the whole', () => {
  const way = new Readmission(5000, 10_000);
  assert.equal(way.end, 15_000);
  assert.equal(way.admits(5000), true, 'the first one is let through, to see how it goes');
  for (const [now, share] of [
    [5000, 100],
    [7500, 325],
    [10_000, 550],
    [14_999, 1000],
    [15_000, 1000],
    [99_000, 1000],
  ] as const) {
    assert.ok(Math.abs(taken(way, now, 1000) - share) <= 1, `${now}: ${share} of 1000`);
  }
});

test('it is spread evenly, and two with the same past do the same', () => {
  const pattern = () => {
    const way = new Readmission(0, 1000);
    return Array.from({ length: 41 }, () => (way.admits(0) ? 'x' : '.')).join('');
  };
  assert.equal(pattern(), `x${'.........x'.repeat(4)}`);
  assert.equal(pattern(), pattern());
});
