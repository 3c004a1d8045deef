import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../testing/manual-clock.ts';
import { parseDigest } from './digest-credentials.ts';
import { Nonces } from './nonces.ts';

const good =
  'Digest username="Mufasa", realm="t", nonce="n", uri="/a?b=\\"c\\"", qop=auth, nc=00000001, cnonce="0a4f", ' +
  'response="6629fae49393a05397450978507c4ef1", opaque="o", algorithm=MD5';

describe('digest credentials', () => {
  test('are read', () => {
    assert.deepEqual(parseDigest(good), {
      username: 'Mufasa',
      realm: 't',
      nonce: 'n',
      uri: '/a?b="c"',
      response: '6629fae49393a05397450978507c4ef1',
      nc: '00000001',
      cnonce: '0a4f',
      opaque: 'o',
    });
    assert.notEqual(
      parseDigest(good.replace('Digest', 'digest').replace('MD5', '"md5"').replaceAll(', ', ' , ')),
      undefined,
    );
  });

  const wrong: readonly (readonly [from: string, to: string])[] = [
    ['Digest', 'Basic'],
    ['MD5', 'SHA-256'],
    ['qop=auth,', ''],
    ['qop=auth', 'qop=auth-int'],
    ['nc=00000001', 'nc=1'],
    ['nc=00000001', 'nc=0000000g'],
    ['cnonce="0a4f", ', ''],
    ['username="Mufasa", ', ''],
    ['6629fae49393a05397450978507c4ef1', '6629'],
    ['opaque="o"', 'uri="/other"'],
    ['opaque="o"', 'opaque="o'],
    [', realm', '; realm'],
  ];
  for (const [from, to] of wrong) {
    test(`not with ${JSON.stringify(to)} in place of ${from}`, () => {
      assert.ok(good.includes(from));
      assert.equal(parseDigest(good.replace(from, to)), undefined);
    });
  }

  test('an endless field is not looked at', () => {
    assert.equal(parseDigest(`${good}, x="${'a'.repeat(8192)}"`), undefined);
  });

  test('whatever comes, it ends', () => {
    const piece = fc.constantFrom('a=', '"', '\\', ',', ' ', 'b', '=', 'username="x"', '\t');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        assert.equal(parseDigest(`Digest ${pieces.join('')}`), undefined);
      }),
    );
  });
});

describe('nonces', () => {
  test('each count once, a little out of order', () => {
    const nonces = new Nonces(new ManualClock());
    const nonce = nonces.make();
    const counts = [1, 1, 2, 5, 3, 3, 4, 40, 8, 9, 9, 39, 40, 41, 200, 41];
    const used = counts.map((count) => nonces.use(nonce, count));
    assert.deepEqual(used, [
      true,
      false,
      true,
      true,
      true,
      false,
      true,
      true,
      false,
      true,
      false,
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  test('made here, in one spelling, not long ago', () => {
    const clock = new ManualClock();
    const nonces = new Nonces(clock);
    const nonce = nonces.make();
    assert.equal(new Nonces(clock).use(nonce, 1), false);
    assert.equal(nonces.use(`${nonce}=`, 1), false);
    assert.equal(
      nonces.use(
        nonce.replace(/^./, (char) => (char === 'A' ? 'B' : 'A')),
        1,
      ),
      false,
    );
    assert.equal(nonces.use('', 1), false);
    assert.notEqual(nonces.make(), nonces.make());
    clock.advance(5 * 60_000);
    assert.equal(nonces.use(nonce, 1), true);
    clock.advance(1);
    assert.equal(nonces.use(nonce, 2), false);
  });

  test('many in use: the first are given up for lost, and are not good again', () => {
    const clock = new ManualClock();
    const nonces = new Nonces(clock);
    const first = nonces.make();
    const unused = nonces.make();
    assert.equal(nonces.use(first, 1), true);
    clock.advance(1);
    for (let i = 0; i < 10_000; i++) assert.equal(nonces.use(nonces.make(), 1), true);
    assert.equal(nonces.use(first, 1), false);
    assert.equal(nonces.use(unused, 1), false, 'made before the one that was given up');
    assert.equal(nonces.use(nonces.make(), 1), true);
  });
});
