/** HPACK as a weapon: blocks that RFC 7541 forbids, bombs, and tables that grow, shrink and disagree. */
import assert from 'node:assert/strict';
import { abuse } from '../testing/h2-arena.ts';
import { block, indexed, integer, literal, string, tableSize } from '../testing/h2-hpack-writer.ts';
import { type H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';

const { types, errors } = wire;
const bytes = (...all: readonly number[]) => Buffer.from(all);

const hpack: readonly (readonly [why: string, block: Buffer])[] = [
  ['index 0', bytes(0x80)],
  ['an index beyond the tables', indexed(62)],
  ['an index far beyond the tables', indexed(2 ** 31)],
  ['a name index beyond the tables', Buffer.concat([integer(70, 4), string('v')])],
  ['an integer without end', bytes(0xff, ...Array<number>(40).fill(0xff))],
  ['an integer padded with zeros', bytes(0xff, ...Array<number>(40).fill(0x80), 0)],
  ['an integer of 2^32 + 2', bytes(0xff, 0x83, 0xff, 0xff, 0xff, 0x0f)],
  ['a table larger than we allow', tableSize(4097)],
  ['a table of 4 GiB', tableSize(2 ** 32 - 1)],
  ['a table size behind a field', Buffer.concat([block(pseudo('/evil')), tableSize(0)])],
  ['a string longer than its block', Buffer.concat([bytes(0), string('x'), string('v', 1000)])],
  ['a string of 4 GiB', Buffer.concat([bytes(0), string('x'), string('v', 2 ** 32 - 1)])],
  ['a block cut inside a name', bytes(0, 5, 0x61)],
  ['a block cut before a value', bytes(0, 1, 0x61)],
  [
    'Huffman: the end-of-string symbol',
    Buffer.concat([bytes(0), string('x'), bytes(0x84, 0xff, 0xff, 0xff, 0xff)]),
  ],
  ['Huffman: padding of 8 bits', Buffer.concat([bytes(0), string('x'), bytes(0x82, 0x07, 0xff)])],
  ['Huffman: padding with zeros', Buffer.concat([bytes(0), string('x'), bytes(0x81, 0x00)])],
];

async function refusedWith(client: H2Raw, codes: readonly number[]): Promise<void> {
  const code = await client.goaway();
  assert.ok(codes.includes(code), `GOAWAY ${code}, want ${codes}`);
  await client.untilClosed();
}

for (const [why, broken] of hpack) {
  abuse(`HPACK: ${why}`, {}, async (arena) => {
    const client = await arena.attacker();
    client.frame(
      types.headers,
      5,
      client.takeId(),
      Buffer.concat([why.includes('behind') ? '' : block(pseudo('/evil')), broken].map(wire.bytesOf)),
    );
    await refusedWith(client, [errors.compression]);
    assert.equal(arena.seen('/evil'), 0);
  });
}

abuse('HPACK: a table size announced in the middle of a request is too late', {}, async (arena) => {
  const client = await arena.attacker();
  const fields = block(pseudo('/evil'));
  const id = client.takeId();
  client.frame(types.headers, 1, id, fields);
  client.frame(types.continuation, 4, id, tableSize(100));
  await refusedWith(client, [errors.compression]);
});

abuse('HPACK: our table follows the client’s up and down', {}, async (arena) => {
  const client = await arena.attacker();
  for (let i = 0; i < 10; i++) {
    client.frame(
      types.headers,
      5,
      client.takeId(),
      Buffer.concat([tableSize(0), tableSize(4096), block(pseudo('/fine')), literal(['x-a', 'b'], 0x40)]),
    );
    const id = client.takeId();
    client.frame(types.headers, 5, id, Buffer.concat([block(pseudo('/fine')), indexed(62)]));
    assert.equal(statusOf(await client.outcome(id)), 200);
  }
});

abuse('HPACK: thousands of size updates in one block', {}, async (arena) => {
  const client = await arena.attacker();
  const id = client.takeId();
  const updates = Buffer.concat(Array.from({ length: 5000 }, (_, i) => tableSize(i % 2 === 0 ? 0 : 4096)));
  client.frame(types.headers, 5, id, Buffer.concat([updates.subarray(0, 16_000), block(pseudo('/fine'))]));
  const view = client.stream(id);
  await client.until(() => view.ended || view.reset !== undefined || client.closed, 'an answer');
});

for (const size of [0, 1, 60, 4096, 2 ** 32 - 1]) {
  abuse(`HPACK: answers fit a client that keeps a table of ${size} bytes`, {}, async (arena) => {
    const client = await arena.attacker();
    assert.equal(statusOf(await client.get('/one')), 200);
    client.keepTable(size);
    for (let i = 0; i < 3; i++) assert.equal(statusOf(await client.get('/two')), 200);
    client.keepTable(4096);
    assert.equal(statusOf(await client.get('/three')), 200);
  });
}

abuse(
  'a header bomb: one table entry named again and again',
  { http2: { maxHeaderListBytes: 65_536 } },
  async (arena) => {
    const client = await arena.attacker();
    const before = process.memoryUsage().heapUsed;
    // 4 KB kept once and named 16,000 times: 64 MB out of 16 KB.
    client.open([...pseudo('/plant')], true);
    const id = client.takeId();
    const plant = Buffer.concat([block(pseudo('/hang')), literal(['x-bomb', 'b'.repeat(4000)], 0x40)]);
    const names = Buffer.concat(Array.from({ length: 10_000 }, () => indexed(62)));
    client.frame(types.headers, 5, id, Buffer.concat([plant, names]));
    const view = client.stream(id);
    await client.until(
      () => view.ended || view.reset !== undefined || client.closed,
      'an answer to the bomb',
    );
    assert.equal(arena.seen('/hang'), 0);
    assert.ok(process.memoryUsage().heapUsed - before < 32 * 2 ** 20, 'it was never unpacked');
    if (view.ended) assert.equal(view.blocks[0]?.[0]?.[1], '431');
  },
);
