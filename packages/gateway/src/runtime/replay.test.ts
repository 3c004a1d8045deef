import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyReplay, isIdempotent } from './replay.ts';

for (const [method, idempotent] of [
  ['GET', true],
  ['HEAD', true],
  ['OPTIONS', true],
  ['PUT', true],
  ['DELETE', true],
  ['POST', false],
  ['PATCH', false],
  ['BREW', false],
  ['get', false],
] as const) {
  test(`${method} ${idempotent ? 'may' : 'may not'} be sent again`, () => {
    assert.equal(isIdempotent(method, []), idempotent);
    assert.equal(isIdempotent(method, ['idempotency-key', 'k', 'Idempotency-Key']), true);
  });
}

function sent(replay: BodyReplay): string {
  let text = '';
  replay.send({
    write: (chunk: Buffer) => {
      text += chunk.toString();
      return true;
    },
  });
  return text;
}

test('a body is kept up to 64 KiB, then let go of', () => {
  const replay = new BodyReplay(65_536);
  replay.keep(Buffer.from('abc'), false);
  replay.keep(Buffer.from('def'), false);
  assert.equal(sent(replay), 'abcdef');
  replay.keep(Buffer.alloc(65_536), false);
  assert.equal(replay.whole, false);
  assert.equal(sent(replay), '');
});

test('what no connection has yet is kept whatever its size', () => {
  const replay = new BodyReplay(65_536);
  replay.keep(Buffer.alloc(100_000, 'x'), true);
  assert.equal(replay.whole, true);
  assert.equal(sent(replay).length, 100_000);
});
