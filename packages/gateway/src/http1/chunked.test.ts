import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Headers } from '../http/headers.ts';
import { BodyDecoder } from './body-decoder.ts';
import { ChunkedDecoder } from './chunked.ts';
import { UNTIL_CLOSE } from './framing.ts';

interface Decoded {
  data: string;
  trailers: Headers | undefined;
  ended: number;
  /** Bytes left over after the end, or -1 when malformed. */
  rest: number;
}

function decode(pieces: readonly Buffer[]): Decoded {
  const got: Decoded = { data: '', trailers: undefined, ended: 0, rest: 0 };
  const decoder = new ChunkedDecoder({
    chunkedData: (data) => {
      got.data += data.toString('latin1');
    },
    chunkedEnd: (trailers) => {
      got.ended++;
      got.trailers = trailers;
    },
  });
  for (const piece of pieces) {
    if (decoder.ended) {
      got.rest += piece.length;
      continue;
    }
    const read = decoder.write(piece, 0);
    if (read < 0) return { ...got, rest: -1 };
    got.rest += piece.length - read;
  }
  return got;
}

const whole = (text: string) => decode([Buffer.from(text, 'latin1')]);
const bytes = (text: string) => decode([...Buffer.from(text, 'latin1')].map((byte) => Buffer.from([byte])));

const good: readonly (readonly [text: string, data: string, trailers?: Headers])[] = [
  ['0\r\n\r\n', ''],
  ['3\r\nabc\r\n0\r\n\r\n', 'abc'],
  ['0003\r\nabc\r\n000\r\n\r\n', 'abc'],
  ['A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n', '01234567890123456789'],
  ['3;x=y;z="\tq"\r\nabc\r\n0;last\r\n\r\n', 'abc'],
  ['3\r\n\r\n0\r\n0\r\n\r\n', '\r\n0'],
  ['0\r\nA: b\r\nC:d \r\n\r\n', '', ['a', 'b', 'A', 'c', 'd', 'C']],
];
for (const [text, data, trailers] of good) {
  test(`chunked body ${JSON.stringify(text)}`, () => {
    const want = { data, trailers, ended: 1, rest: 0 };
    assert.deepEqual(whole(text), want);
    assert.deepEqual(bytes(text), want);
    assert.deepEqual(whole(`${text}REST`), { ...want, rest: 4 });
  });
}

const bad = [
  '\r\n',
  ' 3\r\nabc\r\n',
  '3 \r\nabc\r\n',
  '+3\r\nabc\r\n',
  '-3\r\nabc\r\n',
  '0x3\r\nabc\r\n',
  'g\r\n',
  ';x\r\n',
  '3\nabc\r\n',
  '3\r\nabc\n0\r\n\r\n',
  '3\r\nabcd\r\n',
  '3\r\nab\r\n0\r\n\r\n',
  '3\r\nabc0\r\n\r\n',
  '3\rXabc',
  '3;a\nabc',
  '3;a\0b\r\nabc\r\n',
  '3;\x7f\r\nabc\r\n',
  'FFFFFFFFFFFFFF\r\n',
  '10000000000000000\r\n',
  '0\r\nbad\r\n\r\n',
  '0\r\nA : b\r\n\r\n',
  '0\r\nA: b\nC: d\r\n\r\n',
  '0\r\n folded\r\n\r\n',
  '0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  `0\r\n${'a: b\r\n'.repeat(65)}\r\n`,
  `0\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`,
  `3;${'x'.repeat(5000)}\r\nabc\r\n`,
];
for (const text of bad) {
  test(`chunked body refused: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(whole(text).rest, -1);
    assert.equal(bytes(text).rest, -1);
    assert.equal(whole(text).ended, 0);
  });
}

const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 5 });
const trailers = fc.array(
  fc.tuple(fc.stringMatching(/^x-[a-z]{1,6}$/), fc.stringMatching(/^[!-~]([ -~]{0,6}[!-~])?$/)),
  {
    maxLength: 3,
  },
);

function encode(chunks: readonly Uint8Array[], fields: readonly (readonly [string, string])[]): Buffer {
  const parts = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    Buffer.from(chunk),
    Buffer.from('\r\n'),
  ]);
  const section = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([...parts, Buffer.from(`0\r\n${section}\r\n`)]);
}

test('a chunked body reads the same however it is split', () => {
  fc.assert(
    fc.property(body, trailers, (chunks, fields) => {
      const wire = encode(chunks, fields);
      const want = decode([wire]);
      assert.equal(want.data, Buffer.concat(chunks).toString('latin1'));
      assert.equal(want.ended, 1);
      assert.deepEqual(
        want.trailers ?? [],
        fields.flatMap(([name, value]) => [name, value, name]),
      );
      for (let at = 1; at < wire.length; at++)
        assert.deepEqual(decode([wire.subarray(0, at), wire.subarray(at)]), want);
      assert.deepEqual(decode([...wire].map((byte) => Buffer.from([byte]))), want);
    }),
    { numRuns: 100 },
  );
});

test('random bytes never throw, and never end a body twice', () => {
  const noise = fc.array(
    fc.constantFrom('0', '3', 'f', '\r\n', '\r', '\n', ';', 'x', ': ', 'abc', '\r\n\r\n', '\0'),
    {
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(noise, fc.nat(8), (parts, size) => {
      const wire = Buffer.from(parts.join(''), 'latin1');
      const pieces: Buffer[] = [];
      for (let at = 0; at < wire.length; at += size + 1) pieces.push(wire.subarray(at, at + size + 1));
      const split = decode(pieces);
      const once = decode([wire]);
      assert.ok(split.ended <= 1);
      // A refusal may come earlier or later, but never turns into an end.
      if (once.ended === 1) assert.deepEqual(split, once);
      else assert.equal(split.ended, 0);
    }),
    { numRuns: 1500 },
  );
});

function counted(framing: number) {
  const got = { data: '', ended: 0 };
  const decoder = new BodyDecoder(framing, {
    bodyPiece: (piece) => {
      got.data += piece.toString('latin1');
    },
    bodyWhole: () => {
      got.ended++;
    },
  });
  return { got, decoder };
}

test('a counted body takes its bytes and no more', () => {
  const { got, decoder } = counted(5);
  assert.equal(decoder.write(Buffer.from('xxabc'), 2), 5);
  assert.equal(decoder.close(), false);
  assert.equal(decoder.write(Buffer.from('deNEXT'), 0), 2);
  assert.deepEqual(got, { data: 'abcde', ended: 1 });
  assert.equal(decoder.close(), true);
  assert.equal(got.ended, 1);
});

test('a body until close ends with the close, once', () => {
  const { got, decoder } = counted(UNTIL_CLOSE);
  decoder.write(Buffer.from('abc'), 0);
  assert.equal(got.ended, 0);
  assert.equal(decoder.close(), true);
  assert.equal(decoder.close(), true);
  assert.deepEqual(got, { data: 'abc', ended: 1 });
});
