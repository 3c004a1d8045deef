import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rangeOf } from './range.ts';

test('one range of bytes is understood', () => {
  for (const [header, expected] of [
    [undefined, undefined],
    ['bytes=0-', { start: 0, end: 100 }],
    ['bytes=10-19', { start: 10, end: 20 }],
    ['bytes=90-1000', { start: 90, end: 100 }],
    ['bytes=-10', { start: 90, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['bytes=99-99', { start: 99, end: 100 }],
    // Not understood, or several: the whole file is a right answer.
    ['bytes=0-1,5-6', undefined],
    ['bytes=20-10', undefined],
    ['bytes=-', undefined],
    ['items=0-1', undefined],
  ] as const) {
    assert.deepEqual(rangeOf(header, 100), expected, header);
  }
  assert.throws(() => rangeOf('bytes=100-', 100), { code: 'install.range', status: 416 });
  assert.throws(() => rangeOf('bytes=-0', 100), { code: 'install.range' });
});

test('a range never leaves the file', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 1e9 }), (junk, a, b, bytes) => {
      for (const header of [junk, `bytes=${junk}`, `bytes=${a}-${b}`, `bytes=${a}-`, `bytes=-${b}`]) {
        try {
          const part = rangeOf(header, bytes);
          if (part !== undefined) assert.ok(part.start >= 0 && part.start < part.end && part.end <= bytes);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'install.range');
        }
      }
    }),
  );
});
