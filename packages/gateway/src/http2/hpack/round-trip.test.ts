import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';
import { decodeBlock, encodeBlock, type Field } from './test-blocks.ts';

const names = [
  ':path',
  ':status',
  ':method',
  'content-length',
  'cookie',
  'authorization',
  'x-a',
  'x-request-id',
  'accept',
  'etag',
];
const token = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,80}$/);
const value = fc
  .stringMatching(/^[\t -~\x80-\xff]{0,400}$/)
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
/** Few of each, so that they come again. */
const field: fc.Arbitrary<Field> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom('', '/', '200', 'GET', 'a', 'b', 'c', 'd'.repeat(60)),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...names), value) },
  { weight: 1, arbitrary: fc.tuple(token, value) },
);
const size = fc.oneof(fc.constantFrom(0, 31, 32, 4096, 65536), fc.nat(1000));

test('random lists come out as they went in, whatever the table sizes', () => {
  fc.assert(
    fc.property(
      fc.option(size, { nil: undefined }),
      fc.array(
        fc.record({ sizes: fc.array(size, { maxLength: 3 }), fields: fc.array(field, { maxLength: 25 }) }),
        {
          maxLength: 15,
        },
      ),
      (cap, blocks) => {
        const encoder = new HpackEncoder(cap);
        const decoder = new HpackDecoder(65536);
        let most = Math.min(4096, cap ?? 4096);
        for (const { sizes, fields } of blocks) {
          for (const bytes of sizes) {
            encoder.setMaxTableBytes(bytes);
            most = Math.min(bytes, cap ?? 4096);
          }
          assert.deepEqual(decodeBlock(decoder, encodeBlock(encoder, fields), 1e6), { result: 'ok', fields });
          assert.equal(decoder.table.maxBytes, most);
          for (const [name] of decoder.table.entries()) {
            assert.ok(name !== 'cookie' && name !== 'authorization' && name !== ':path');
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
