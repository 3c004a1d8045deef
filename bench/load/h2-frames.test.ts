import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frame, readFrames, windowUpdate } from './h2-frames.ts';

const frameArbitrary = fc.record(
  {
    type: fc.nat(255),
    flags: fc.nat(255),
    stream: fc.nat(0x7fff_ffff),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

test('frames are read as they were written, however the bytes are split', () => {
  fc.assert(
    fc.property(fc.array(frameArbitrary, { maxLength: 5 }), fc.nat(2_000), (frames, cut) => {
      const bytes = Buffer.concat(
        frames.map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload)),
      );
      const first = readFrames(bytes.subarray(0, cut));
      const second = readFrames(Buffer.concat([first.rest, bytes.subarray(cut)]));
      assert.deepEqual([...first.frames, ...second.frames], frames);
      assert.equal(second.rest.length, 0);
    }),
  );
});

test('a frame over 16 KiB is refused and never waited for', () => {
  assert.throws(() => readFrames(Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0])), RangeError);
});

test('a window update has its credit in four bytes', () => {
  assert.deepEqual([...windowUpdate(1, 46)], [0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0, 46]);
});
