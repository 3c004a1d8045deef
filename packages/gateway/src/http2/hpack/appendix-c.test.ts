import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HpackDecoder } from './decoder.ts';
import { decodeBlock, type Field } from './test-blocks.ts';
import { writeInteger } from './write.ts';

interface Step {
  hex: string;
  fields: Field[];
  /** From the newest on. */
  table: Field[];
  bytes: number;
}

function follow(steps: Step[], tableBytes: number): void {
  const decoder = new HpackDecoder(tableBytes);
  // The examples with 256 bytes begin with a table that has this size already.
  decoder.table.resize(tableBytes);
  for (const step of steps) {
    assert.deepEqual(decodeBlock(decoder, step.hex), { result: 'ok', fields: step.fields });
    assert.deepEqual(decoder.table.entries(), step.table);
    assert.equal(decoder.table.bytes, step.bytes);
  }
}

const get: Field = [':method', 'GET'];
const authority: Field = [':authority', 'www.example.com'];
const noCache: Field = ['cache-control', 'no-cache'];
const custom: Field = ['custom-key', 'custom-value'];

/** The three requests of C.3 and C.4 differ only in the coding of strings. */
function requests(hex: [string, string, string]): Step[] {
  return [
    {
      hex: hex[0],
      fields: [get, [':scheme', 'http'], [':path', '/'], authority],
      table: [authority],
      bytes: 57,
    },
    {
      hex: hex[1],
      fields: [get, [':scheme', 'http'], [':path', '/'], authority, noCache],
      table: [noCache, authority],
      bytes: 110,
    },
    {
      hex: hex[2],
      fields: [get, [':scheme', 'https'], [':path', '/index.html'], authority, custom],
      table: [custom, noCache, authority],
      bytes: 164,
    },
  ];
}

const found: Field = [':status', '302'];
const moved: Field = [':status', '307'];
const cache: Field = ['cache-control', 'private'];
const date21: Field = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const date22: Field = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const location: Field = ['location', 'https://www.example.com'];
const gzip: Field = ['content-encoding', 'gzip'];
const cookie: Field = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];

/** The three responses of C.5 and C.6, with a table of 256 bytes. */
function responses(hex: [string, string, string]): Step[] {
  return [
    {
      hex: hex[0],
      fields: [found, cache, date21, location],
      table: [location, date21, cache, found],
      bytes: 222,
    },
    {
      hex: hex[1],
      fields: [moved, cache, date21, location],
      table: [moved, location, date21, cache],
      bytes: 222,
    },
    {
      hex: hex[2],
      fields: [[':status', '200'], cache, date22, location, gzip, cookie],
      table: [cookie, gzip, date22],
      bytes: 215,
    },
  ];
}

test('RFC 7541 C.1: integers', () => {
  const out = Buffer.alloc(8);
  assert.equal(writeInteger(out, 0, 0, 0x1f, 10), 1);
  assert.equal(out[0], 10);
  assert.equal(writeInteger(out, 0, 0, 0x1f, 1337), 3);
  assert.deepEqual([...out.subarray(0, 3)], [0x1f, 0x9a, 0x0a]);
  assert.equal(writeInteger(out, 0, 0, 0xff, 42), 1);
  assert.equal(out[0], 42);
  // The same as size updates, whose prefix has five bits.
  const decoder = new HpackDecoder(4096);
  assert.equal(decodeBlock(decoder, '2a').result, 'ok');
  assert.equal(decoder.table.maxBytes, 10);
  assert.equal(decodeBlock(decoder, '3f9a0a').result, 'ok');
  assert.equal(decoder.table.maxBytes, 1337);
});

test('RFC 7541 C.2: each kind of field', () => {
  follow(
    [
      {
        hex: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
        fields: [['custom-key', 'custom-header']],
        table: [['custom-key', 'custom-header']],
        bytes: 55,
      },
    ],
    4096,
  );
  const none = { table: [], bytes: 0 };
  follow(
    [
      { hex: '040c 2f73 616d 706c 652f 7061 7468', fields: [[':path', '/sample/path']], ...none },
      { hex: '1008 7061 7373 776f 7264 0673 6563 7265 74', fields: [['password', 'secret']], ...none },
      { hex: '82', fields: [get], ...none },
    ],
    4096,
  );
});

test('RFC 7541 C.3: requests without Huffman', () => {
  follow(
    requests([
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ]),
    4096,
  );
});

test('RFC 7541 C.4: requests with Huffman', () => {
  follow(
    requests([
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ]),
    4096,
  );
});

test('RFC 7541 C.5: responses without Huffman, with evictions', () => {
  follow(
    responses([
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
       3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
       7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
       6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ]),
    256,
  );
});

test('RFC 7541 C.6: responses with Huffman, with evictions', () => {
  follow(
    responses([
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
       1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
       e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ]),
    256,
  );
});
