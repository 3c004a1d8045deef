import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

describe('durations', () => {
  for (const [written, expected] of [
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250us', 0.25],
    ['1µs', 0.001],
    ['0', 0],
    ['10', 10_000],
    [10, 10_000],
    ['-1s', -1000],
    ['1 day', undefined],
    ['10 s', undefined],
    ['s', undefined],
    ['', undefined],
    ['1.5', undefined],
    [1.5, undefined],
    [Number.NaN, undefined],
    ['99999999999h', undefined],
    ['1s'.repeat(100), undefined],
  ] as const) {
    it(`${JSON.stringify(written)} is ${expected}`, () => assert.equal(parseDuration(written), expected));
  }

  it('survive being written and read again', () => {
    const longest = 1000 * 24 * 3_600_000;
    fc.assert(
      fc.property(fc.integer({ min: -longest, max: longest }), (ms) => {
        assert.equal(parseDuration(formatDuration(ms)), ms);
      }),
    );
  });

  it('of any text are a number or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseDuration(text);
        assert.ok(ms === undefined || Number.isFinite(ms));
      }),
    );
  });
});
