import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pieces } from './pieces.ts';

test('what is taken out is what was put in, in order, however it was cut', () => {
  const step = fc.oneof(fc.constant('take'), fc.constant('all'), fc.nat(40_000), fc.nat(100));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, owned) => {
      const pieces = new Pieces();
      const put: Buffer[] = [];
      const got: Buffer[] = [];
      const left = () => Buffer.concat(put).subarray(Buffer.concat(got).length);
      steps.forEach((each, i) => {
        if (each === 'take') got.push(pieces.shift() ?? Buffer.alloc(0));
        else if (each === 'all') assert.deepEqual(Buffer.concat(pieces.all()), left());
        else {
          const chunk = Buffer.alloc(each as number, i + 1);
          put.push(Buffer.from(chunk));
          pieces.add(chunk, owned);
          // Memory that is not owned is read into again.
          if (!owned) chunk.fill(0);
        }
        assert.equal(left().length > 0 ? pieces.empty : false, false);
      });
      for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) got.push(piece);
      assert.deepEqual(Buffer.concat(got), Buffer.concat(put));
      assert.equal(pieces.empty, true);
    }),
  );
});

test('bytes that come one by one take no more than they are', () => {
  const pieces = new Pieces();
  for (let i = 0; i < 100_000; i++) pieces.add(Buffer.from([i & 255]), true);
  assert.ok(pieces.all().length < 10, `${pieces.all().length} pieces`);
});

test('what was told of all stays as it was', () => {
  const pieces = new Pieces();
  pieces.add(Buffer.from('a'), false);
  pieces.add(Buffer.from('b'), false);
  const all = pieces.all();
  const before = Buffer.concat(all).toString();
  pieces.add(Buffer.from('c'), false);
  pieces.clear();
  assert.equal(before, 'ab');
});
