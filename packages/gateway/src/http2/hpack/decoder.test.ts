import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from './decoder.ts';
import { decodeBlock, type Field, literal } from './test-blocks.ts';

const indexed = 0x40;

test('an indexed field is the same string object each time', () => {
  const decoder = new HpackDecoder(4096);
  const value = 'a value that is not internalised';
  decodeBlock(decoder, literal('x-some', value, indexed));
  const [entry] = decoder.table.entries();
  assert.deepEqual(entry, ['x-some', value]);
  assert.deepEqual(decodeBlock(decoder, 'bebe').fields, [entry, entry]);
});

test('a literal takes its name from the table', () => {
  const decoder = new HpackDecoder(4096);
  decodeBlock(decoder, literal('x-some', 'a', indexed));
  assert.deepEqual(decodeBlock(decoder, '0f2f 01 62').fields, [['x-some', 'b']]);
  assert.deepEqual(decodeBlock(decoder, '7e 01 63').fields, [['x-some', 'c']]);
  assert.deepEqual(decoder.table.entries(), [
    ['x-some', 'c'],
    ['x-some', 'a'],
  ]);
});

test('what RFC 7541 calls a decoding error ends the connection', () => {
  const errors: [why: string, hex: string][] = [
    ['index 0', '80'],
    ['an index beyond the tables', 'be'],
    ['an index far beyond the tables', 'ff 80 80 01'],
    ['a literal whose name is beyond the tables', '0f 2f 01 61'],
    ['an index cut off', 'ff'],
    ['an index cut off in its second octet', 'ff 80'],
    ['an integer of more than four octets', 'ff 80 80 80 80 00'],
    ['an integer over 2^28', '00 7f ff ff ff ff 0f'],
    ['a length of 2^64', '00 7f ff ff ff ff ff ff ff ff ff 01'],
    ['no name', '00'],
    ['a name cut off', '00 02 61'],
    ['no value', '00 01 61'],
    ['a value cut off', '00 01 61 05 61'],
    ['a size update after a field', '82 20'],
    ['three size updates', '20 20 20 82'],
    ['a size update over what we allow', '3f e2 1f'],
    ['Huffman with EOS', '00 84 ff ff ff fc 00'],
    ['Huffman padded with a whole byte', '00 82 1f ff 00'],
    ['Huffman padded with zeros', '00 81 00 00'],
  ];
  for (const [why, hex] of errors) {
    assert.equal(decodeBlock(new HpackDecoder(4096), hex).result, 'compression', why);
  }
  assert.equal(decodeBlock(new HpackDecoder(4096), '3fe11f 82').result, 'ok', 'what we allow exactly');
  assert.equal(decodeBlock(new HpackDecoder(4096), '20 3fe11f 82').result, 'ok', 'two size updates');
  assert.equal(decodeBlock(new HpackDecoder(4096), '').result, 'ok', 'an empty block');
});

test('names and values that break RFC 9113 §8.2.1 are malformed and leave the table right', () => {
  const bad: Field[] = [
    ['', 'v'],
    ['Upper', 'v'],
    ['uppeR', 'v'],
    ['x y', 'v'],
    ['x:y', 'v'],
    ['x-y:', 'v'],
    [':', 'v'],
    [':Path', 'v'],
    [':a:b', 'v'],
    [':a b', 'v'],
    ['x\r', 'v'],
    ['x\n', 'v'],
    ['x\0', 'v'],
    ['x\x7f', 'v'],
    ['x\xe9', 'v'],
    ['x(', 'v'],
    ['x', 'a\rb'],
    ['x', 'a\nb'],
    ['x', 'a\r\nb: c'],
    ['x', 'a\0b'],
    ['x', 'a\x01b'],
    ['x', 'a\x7fb'],
    ['x', ' a'],
    ['x', 'a '],
    ['x', '\ta'],
    ['x', 'a\t'],
    ['x', ' '],
  ];
  const after = literal('x-after', '1', indexed);
  for (const [name, value] of bad) {
    const decoder = new HpackDecoder(4096);
    const what = JSON.stringify([name, value]);
    for (const first of [0, 0x10, indexed]) {
      const block = Buffer.concat([literal('x-fine', '1'), literal(name, value, first), after]);
      const { result, fields } = decodeBlock(decoder, block);
      assert.equal(result, 'malformed', what);
      assert.deepEqual(fields, [['x-fine', '1']], what);
    }
    assert.deepEqual(decoder.table.entries(), [
      ['x-after', '1'],
      [name, value],
      ['x-after', '1'],
      ['x-after', '1'],
    ]);
    assert.equal(decoder.table.bytes, 3 * 40 + name.length + value.length + 32);
    assert.equal(decodeBlock(decoder, 'bf').result, 'malformed', `${what} by index`);
    assert.deepEqual(decodeBlock(decoder, 'be').fields, [['x-after', '1']]);
    // By the entry's name alone: only a bad name is a bad field.
    const byName = decodeBlock(decoder, '0f30 01 61').result;
    assert.equal(byName, name === 'x' ? 'ok' : 'malformed', `the name of ${what}`);
  }
});

test('what RFC 9113 allows is not refused', () => {
  const fine: Field[] = [
    [':path', '/'],
    ["!#$%&'*+-.^_`|~09az", 'v'],
    ['x', ''],
    ['x', 'a b\tc'],
    ['x', 'caf\xe9 \x80\xff'],
    ['x', '"(),/:;<=>?@[\\]{}~'],
  ];
  for (const field of fine) {
    // Twice: the second time it is found among the strings seen before.
    for (let i = 0; i < 2; i++) {
      const decoded = decodeBlock(new HpackDecoder(4096), literal(...field));
      assert.deepEqual(decoded, { result: 'ok', fields: [field] });
    }
  }
});

test('a list over its limits is refused, and the table still followed', () => {
  const field = literal('x-a', '1', indexed);
  const decoder = new HpackDecoder(4096);
  const block = Buffer.concat([field, field, field, field]);
  assert.deepEqual(decodeBlock(decoder, block, 36 * 3), {
    result: 'too-large',
    fields: new Array(3).fill(['x-a', '1']),
  });
  assert.equal(decoder.table.count, 4);
  assert.equal(decodeBlock(decoder, 'be', 36).result, 'ok');
  assert.equal(decodeBlock(decoder, 'be', 35).result, 'too-large');
  assert.equal(decodeBlock(decoder, 'bebe', 1000, 2).result, 'ok');
  assert.equal(decodeBlock(decoder, 'bebebe', 1000, 2).fields.length, 2);
  assert.equal(decodeBlock(decoder, 'bebebe', 1000, 2).result, 'too-large');
  assert.equal(
    decodeBlock(decoder, 'bebebe80', 1000, 2).result,
    'compression',
    'an error after it still counts',
  );
  assert.equal(
    decodeBlock(decoder, '00015800 be', 1000, 0).result,
    'malformed',
    'the first thing wrong is told',
  );
});

test('a string that neither list nor table can hold is passed over', () => {
  const decoder = new HpackDecoder(4096);
  decodeBlock(decoder, literal('x-a', '1', indexed));
  const big = literal('a', 'b'.repeat(60_000), indexed);
  const { result, fields } = decodeBlock(decoder, Buffer.concat([big, Buffer.from([0x82])]), 8192);
  assert.deepEqual({ result, fields }, { result: 'too-large', fields: [] });
  assert.equal(decoder.table.count, 0, 'larger than the table: it is emptied (RFC 7541 §4.4)');
  // `a` in Huffman has five bits: 8 bytes are 12 characters and padding.
  const huffman = Buffer.from('0001 61 88 18c6318c6318c63f'.replaceAll(' ', ''), 'hex');
  assert.deepEqual(decodeBlock(decoder, huffman, 45), { result: 'ok', fields: [['a', 'aaaaaaaaaaaa']] });
  assert.equal(decodeBlock(decoder, huffman, 44).result, 'too-large');
});

test('one big entry named thousands of times stops at the limit', () => {
  const decoder = new HpackDecoder(4096);
  const entry = literal('a', 'v'.repeat(4000), indexed);
  assert.equal(decodeBlock(decoder, entry).fields[0]?.[1].length, 4000);
  const started = process.hrtime.bigint();
  const { result, fields } = decodeBlock(decoder, Buffer.alloc(1_000_000, 0xbe));
  assert.equal(result, 'too-large');
  assert.equal(fields.length, Math.floor(65536 / 4033));
  assert.ok(process.hrtime.bigint() - started < 500_000_000n);
});

test('the oldest entries leave first, and a smaller table evicts at once', () => {
  const decoder = new HpackDecoder(4096);
  for (let i = 0; i < 200; i++) decodeBlock(decoder, literal('x-a', String(1000 + i), indexed));
  assert.equal(decoder.table.count, Math.floor(4096 / 39));
  const entries = decoder.table.entries();
  assert.deepEqual(
    [entries[0], entries.at(-1)],
    [
      ['x-a', '1199'],
      ['x-a', String(1200 - decoder.table.count)],
    ],
  );
  assert.equal(decodeBlock(decoder, '3f 2f be').fields[0]?.[1], '1199');
  assert.equal(decoder.table.maxBytes, 78);
  assert.deepEqual(decoder.table.entries(), [
    ['x-a', '1199'],
    ['x-a', '1198'],
  ]);
  assert.ok(!decoder.table.values.includes('1197'), 'evicted strings are let go');
});

test('a table of no bytes works', () => {
  const decoder = new HpackDecoder(0);
  decoder.acknowledged();
  const block = Buffer.concat([Buffer.from([0x20]), literal('x-a', '1', indexed)]);
  assert.deepEqual(decodeBlock(decoder, block), { result: 'ok', fields: [['x-a', '1']] });
  assert.equal(decoder.table.count, 0);
  assert.equal(decodeBlock(decoder, 'be').result, 'compression');
});

test('until our settings are acknowledged the default holds, then ours', () => {
  const decoder = new HpackDecoder(100);
  assert.equal(decodeBlock(decoder, literal('x-a', 'v'.repeat(100), indexed)).result, 'ok');
  assert.equal(decodeBlock(decoder, 'be').fields.length, 1);
  decoder.acknowledged();
  assert.equal(decodeBlock(decoder, '3f45 82').result, 'ok', '100 bytes');
  assert.equal(decoder.table.count, 0);
  assert.equal(decodeBlock(decoder, '3f46 82').result, 'compression', '101 bytes');
  const silent = new HpackDecoder(100);
  silent.acknowledged();
  assert.equal(decodeBlock(silent, '82').result, 'compression', 'RFC 9113 §4.3.1: the update is missing');
  const large = new HpackDecoder(8192);
  assert.equal(decodeBlock(large, '3fe13f 82').result, 'ok', '8192 bytes');
});

test('random bytes never throw, and nothing grows beyond its limits', () => {
  const mostlySense = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc
        .constantFrom('82', 'be', 'bf', 'c0', '20', '3fe11f', '7e0161', '0f2f0162')
        .map((hex) => Buffer.from(hex, 'hex')),
      fc
        .tuple(
          fc.constantFrom('x-a', 'x-bb', 'X', ''),
          fc.string({ maxLength: 100 }),
          fc.constantFrom(0, 0x10, 0x40),
        )
        .map((field) => literal(...field)),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(fc.array(mostlySense, { maxLength: 8 }), (blocks) => {
      const decoder = new HpackDecoder(512);
      for (const pieces of blocks) {
        const { fields } = decodeBlock(decoder, Buffer.concat(pieces), 300, 5);
        assert.ok(fields.length <= 5);
        assert.ok(fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0) <= 300);
        const sizes = decoder.table.entries().map(([name, value]) => name.length + value.length + 32);
        assert.equal(
          sizes.reduce((sum, size) => sum + size, 0),
          decoder.table.bytes,
        );
        assert.ok(decoder.table.bytes <= decoder.table.maxBytes && decoder.table.maxBytes <= 4096);
      }
    }),
    { numRuns: 1000 },
  );
});
