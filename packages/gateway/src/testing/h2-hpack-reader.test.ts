import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HpackReader } from './h2-hpack-reader.ts';
import { block, indexed, literal, string, tableSize } from './h2-hpack-writer.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('RFC 7541 appendix C.4: requests with Huffman and a dynamic table', () => {
  const reader = new HpackReader();
  const first = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ];
  assert.deepEqual(reader.read(hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff')), first);
  assert.deepEqual(reader.read(hex('8286 84be 5886 a8eb 1064 9cbf')), [
    ...first,
    ['cache-control', 'no-cache'],
  ]);
});

test('RFC 7541 appendix C.6.1: a response whose table overflows', () => {
  const bytes =
    '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3';
  assert.deepEqual(new HpackReader(256).read(hex(bytes)), [
    [':status', '302'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ]);
});

test('what the writer of tests writes comes back byte for byte', () => {
  const fields: [string, string][] = [
    [':path', '/\r\n\0'],
    ['x'.repeat(300), '\xff'.repeat(20_000)],
    ['', ''],
  ];
  assert.deepEqual(new HpackReader().read(block(fields)), fields);
});

test('indexes, sizes and lengths that lie are told', () => {
  const reader = new HpackReader();
  reader.read(literal(['a', 'b'], 0x40));
  assert.deepEqual(reader.read(indexed(62)), [['a', 'b']]);
  assert.throws(() => reader.read(indexed(63)), /no field/);
  assert.throws(() => reader.read(tableSize(5000)), /larger/);
  reader.read(tableSize(0));
  assert.throws(() => reader.read(indexed(62)), /no field/);
  assert.throws(() => reader.read(Buffer.concat([Buffer.from([0]), string('abc', 9)])), /too early/);
});
