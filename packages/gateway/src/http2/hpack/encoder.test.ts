import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';
import { decodeBlock, encodeBlock, type Field } from './test-blocks.ts';

/** An encoder with a decoder that follows it. */
class Pair {
  readonly encoder: HpackEncoder;
  readonly decoder = new HpackDecoder(65536);

  constructor(cap?: number) {
    this.encoder = new HpackEncoder(cap);
  }

  /** The block's bytes, after checking that it says `fields`. */
  send(...fields: Field[]): Buffer {
    const block = encodeBlock(this.encoder, fields);
    assert.deepEqual(decodeBlock(this.decoder, block), { result: 'ok', fields });
    return block;
  }

  get table(): Field[] {
    return this.decoder.table.entries();
  }
}

test('fields of the static table are one byte from the first time on', () => {
  const block = new Pair().send(
    [':method', 'GET'],
    [':method', 'POST'],
    [':scheme', 'https'],
    [':path', '/'],
    [':status', '204'],
    [':status', '500'],
    ['accept-encoding', 'gzip, deflate'],
    [':method', 'GET'],
  );
  assert.equal(block.toString('hex'), '82838784898e9082');
});

test('a field is indexed the second time it is seen, and one byte from the third on', () => {
  const pair = new Pair();
  const field: Field = ['user-agent', 'curl/8'];
  assert.equal(pair.send(field)[0], 0x0f, 'a literal without indexing');
  assert.deepEqual(pair.table, []);
  assert.equal(pair.send(field)[0], 0x40 | 58);
  assert.deepEqual(pair.table, [field]);
  assert.equal(pair.send(field, field).toString('hex'), 'bebe');
});

test('values that take turns are all indexed', () => {
  const pair = new Pair();
  const fields: Field[] = ['a', 'b', 'c', 'd'].map((value) => ['x-tenant', value]);
  for (let i = 0; i < 2; i++) pair.send(...fields);
  assert.equal(pair.table.length, 4);
  assert.equal(pair.send(...fields, ...fields).length, 8);
});

test('values that never come again do not enter the table, but for one that lends them its name', () => {
  const pair = new Pair();
  let bytes = 0;
  for (let i = 0; i < 1000; i++) {
    bytes = pair.send(
      ['x-request-id', `00000000-0000-${i}`],
      ['etag', `"${i}"`],
      [':path', '/same/path'],
    ).length;
  }
  assert.deepEqual(
    pair.table.map(([name]) => name),
    ['x-request-id'],
  );
  assert.ok(bytes < 3 + 17 + 3 + 5 + 3 + 10, 'the name is an index');
  for (let i = 0; i < 100; i++) pair.send([':path', '/same/path']);
  assert.equal(pair.table.length, 1, 'paths never enter');
});

test('a length enters the table only when the same twice in a row', () => {
  const pair = new Pair();
  for (let i = 0; i < 100; i++) pair.send(['content-length', String(100 + (i % 3))]);
  assert.deepEqual(pair.table, []);
  pair.send(['content-length', '7']);
  pair.send(['content-length', '7']);
  assert.equal(pair.send(['content-length', '7']).toString('hex'), 'be');
});

test('credentials and cookies carry the never-indexed bit and enter no table', () => {
  for (const name of ['authorization', 'proxy-authorization', 'cookie', 'set-cookie']) {
    const pair = new Pair();
    for (const value of ['secret', 'secret', 'secret', '', '']) {
      assert.equal((pair.send([name, value])[0] as number) & 0xf0, 0x10, name);
    }
    assert.deepEqual(pair.table, []);
  }
});

test('values over a quarter of the table are not indexed', () => {
  const pair = new Pair();
  const quarter: Field = ['x-big', 'v'.repeat(1024 - 37)];
  const larger: Field = ['x-larger', 'v'.repeat(1024 - 39)];
  for (let i = 0; i < 20; i++) pair.send(quarter, larger);
  assert.deepEqual(pair.table, [quarter]);
});

test('evicted entries are forgotten, and indexed anew when they come again', () => {
  const pair = new Pair(256);
  const first: Field = ['x-a', 'first'];
  pair.send(first);
  pair.send(first);
  for (let i = 0; i < 20; i++) for (let twice = 0; twice < 2; twice++) pair.send(['x-b', String(i)]);
  assert.ok(!pair.table.some(([name]) => name === 'x-a'));
  assert.equal(pair.decoder.table.bytes <= 256, true);
  assert.ok(pair.send(first).length > 1, 'written out, not as an index of something else');
  pair.send(first);
  assert.equal(pair.send(first).length, 1);
});

test('entries beyond index 126 take more than one byte', () => {
  const pair = new Pair(65536);
  pair.encoder.setMaxTableBytes(65536);
  const fields: Field[] = Array.from({ length: 600 }, (_, i) => [`x-${i}`, 'v']);
  for (let i = 0; i < 600; i += 100) {
    for (let twice = 0; twice < 2; twice++) pair.send(...fields.slice(i, i + 100));
  }
  assert.equal(pair.table.length, 600);
  assert.ok(pair.send(...fields).length < 1200 + 600);
  assert.equal(pair.send(...fields.slice(-65)).length, 65);
});

test('size updates stand at the start of the next block: the smallest, then the last (RFC 7541 §4.2)', () => {
  const start = (encoder: HpackEncoder): string => encodeBlock(encoder, [[':method', 'GET']]).toString('hex');
  assert.equal(start(new HpackEncoder()), '82');
  assert.equal(start(new HpackEncoder(256)), '3fe10182', 'a table smaller than the default is announced');
  assert.equal(start(new HpackEncoder(0)), '2082');
  const encoder = new HpackEncoder(8192);
  assert.equal(start(encoder), '82', 'no more than the default before the peer allows it');
  encoder.setMaxTableBytes(65536);
  assert.equal(start(encoder), '3fe13f82', 'our own cap');
  assert.equal(start(encoder), '82', 'once');
  encoder.setMaxTableBytes(10000);
  assert.equal(start(encoder), '82', 'nothing changes');
  encoder.setMaxTableBytes(100);
  encoder.setMaxTableBytes(0);
  encoder.setMaxTableBytes(200);
  assert.equal(start(encoder), '203fa90182');
  encoder.setMaxTableBytes(0);
  encoder.setMaxTableBytes(200);
  assert.equal(start(encoder), '203fa90182', 'emptied, though the size is the same again');
  encoder.setMaxTableBytes(0);
  assert.equal(start(encoder), '2082');
});

test('a table that shrinks evicts at once; with none everything is a literal', () => {
  const pair = new Pair();
  const fields: Field[] = [
    ['x-a', '1'],
    ['x-b', '2'],
    ['x-c', '3'],
  ];
  for (let i = 0; i < 2; i++) pair.send(...fields);
  pair.encoder.setMaxTableBytes(72);
  pair.encoder.setMaxTableBytes(4096);
  assert.equal(pair.send(['x-c', '3'], ['x-b', '2']).at(-1), 0xbf);
  assert.equal(pair.table.length, 2);
  pair.encoder.setMaxTableBytes(0);
  for (let i = 0; i < 3; i++) pair.send(...fields, [':method', 'GET']);
  assert.deepEqual(pair.table, []);
});

test('values are latin-1, of any length', () => {
  const pair = new Pair();
  for (const length of [0, 1, 11, 12, 13, 14, 126, 127, 128, 300, 5000, 20000]) {
    for (let i = 0; i < 3; i++)
      pair.send(['x-a', 'é\xff'.repeat(length / 2)], [':path', `/${'x'.repeat(length)}`]);
  }
});

/** Bytes in use after a full collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('hostile names and values do not make it grow', () => {
  const encoder = new HpackEncoder();
  const out = Buffer.alloc(4096);
  const run = (from: number): void => {
    for (let i = from; i < from + 30_000; i++) {
      let at = encoder.begin(out, 0);
      at = encoder.field(`x-name-${i}`, `${i}`, out, at);
      at = encoder.field(`${'n'.repeat(100)}${i}`, 'v', out, at);
      for (let twice = 0; twice < 2; twice++) at = encoder.field('x-same', `value ${i}`, out, at);
    }
  };
  run(0);
  const before = heapUsed();
  run(30_000);
  assert.ok(heapUsed() - before < 2 ** 20);
});

test('what it remembers does not hold the heads alive that values were sliced from', () => {
  const encoder = new HpackEncoder();
  const out = Buffer.alloc(4096);
  const before = heapUsed();
  for (let i = 0; i < 200; i++) {
    const head = Buffer.alloc(200_000, `h${i} `).toString('latin1');
    let at = encoder.begin(out, 0);
    for (let twice = 0; twice < 2; twice++) at = encoder.field('x-same', head.slice(-30), out, at);
    encoder.field(`x-${i}`, head.slice(-30), out, at);
  }
  assert.ok(heapUsed() - before < 2 ** 20);
});
