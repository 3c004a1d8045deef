import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeHuffman } from './huffman.ts';
import { codeLengths, codes } from './huffman-code.ts';

const code = codes();

/** Bit by bit, as the RFC describes it: nothing shared with the decoder but the code itself. */
function encode(text: Uint8Array): Buffer {
  let bits = '';
  for (const byte of text)
    bits += (code[byte] as number).toString(2).padStart(codeLengths[byte] as number, '0');
  bits += '1'.repeat((8 - (bits.length % 8)) % 8);
  return Buffer.from(bits.match(/.{8}/g)?.map((octet) => Number.parseInt(octet, 2)) ?? []);
}

function decode(block: Buffer, room = 4096): Buffer | undefined {
  const out = Buffer.alloc(room);
  const length = decodeHuffman(block, 0, block.length, out);
  return length < 0 ? undefined : out.subarray(0, length);
}

test('the code is complete and as RFC 7541 appendix B has it', () => {
  assert.equal(codeLengths.length, 257);
  assert.equal(
    codeLengths.reduce((sum, length) => sum + 2 ** -length, 0),
    1,
  );
  const some: [symbol: number, code: number][] = [
    [0, 0x1ff8],
    [9, 0xffffea],
    [48, 0x0],
    [92, 0x7fff0],
    [122, 0x7b],
    [127, 0xffffffc],
    [142, 0xffffeb],
    [199, 0x1ffffec],
    [220, 0xffffffd],
    [239, 0x7ffff4],
    [255, 0x3ffffee],
    [256, 0x3fffffff],
  ];
  for (const [symbol, bits] of some) assert.equal(code[symbol], bits, `symbol ${symbol}`);
});

test('whatever was encoded decodes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (text) => {
      assert.deepEqual(decode(encode(text)), Buffer.from(text));
    }),
  );
});

test('any other bytes are refused or are the one encoding of a text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const block = Buffer.from(bytes);
      const text = decode(block);
      if (text !== undefined) assert.deepEqual(encode(text), block);
    }),
    { numRuns: 2000 },
  );
});

test('EOS, long padding and padding of other bits are errors', () => {
  const refused = [
    'ff', // eight bits of padding
    '1fff', // `a`, and a byte of padding
    '1fffff',
    '1fffffff',
    'ff9fffffff', // 29 bits of padding
    '52bc30ffffffff',
    'fffffffc', // EOS
    'fffffffffc', // EOS and more
    '00', // padded with zeros
    '1e', // the last bit of the padding
  ];
  for (const hex of refused) assert.equal(decode(Buffer.from(hex, 'hex')), undefined, hex);
  assert.deepEqual(decode(Buffer.from('1f', 'hex')), Buffer.from('a'));
  assert.deepEqual(decode(Buffer.alloc(0)), Buffer.alloc(0));
});

test('text beyond the room is counted and not written', () => {
  const out = Buffer.alloc(8, 0xee);
  const block = encode(Buffer.alloc(1000, 'a'));
  assert.equal(decodeHuffman(block, 0, block.length, out.subarray(0, 4)), 1000);
  assert.deepEqual(out, Buffer.from('aaaa\xee\xee\xee\xee', 'latin1'));
});
