import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.ts';

test('every chunking of the same bytes gives the same lines', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 8 })),
      fc.array(fc.integer({ min: 1, max: 5 })),
      (texts, cuts) => {
        const lines = texts.map((text) => text.replaceAll('\n', ' '));
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const seen: string[] = [];
        const splitter = new LineSplitter(100, (line) => seen.push(line.toString()));
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts[i % Math.max(cuts.length, 1)] ?? 1;
          assert.ok(splitter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        assert.deepEqual(seen, lines);
      },
    ),
  );
});

test('a line over the cap ends it, whole or in pieces', () => {
  const splitter = new LineSplitter(4, () => {});
  assert.equal(splitter.push(Buffer.from('abcd\nabcde')), false);
  const slow = new LineSplitter(4, () => {});
  assert.deepEqual(
    [...'abcde'].map((c) => slow.push(Buffer.from(c))),
    [true, true, true, true, false],
  );
});
