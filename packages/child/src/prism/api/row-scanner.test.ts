import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowScanner } from './row-scanner.ts';

/** What comes of `text`, in pieces of `size` bytes. */
function scan(text: string, size = 7): { rows: unknown[]; rest: unknown } {
  const rows: unknown[] = [];
  const scanner = new RowScanner('data', (row) => void rows.push(JSON.parse(row.toString())));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  return { rows, rest: scanner.end() };
}

test('rows come one by one, the rest of the document in the end, whatever the pieces', () => {
  const row = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  const document = fc.record(
    { data: fc.array(row, { maxLength: 4 }), metadata: fc.jsonValue(), '"data"': fc.jsonValue(), $x: row },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(document, fc.integer({ min: 1, max: 40 }), fc.boolean(), (value, size, pretty) => {
      const text = JSON.stringify(value, null, pretty ? 1 : 0);
      const plain = JSON.parse(text);
      const { rows, rest } = scan(text, size);
      assert.deepEqual(rows, plain.data ?? []);
      assert.deepEqual(rest, 'data' in plain ? { ...plain, data: [] } : plain);
    }),
  );
});

test('what is no list, and lists of other names and deeper down, stay where they are', () => {
  for (const text of [
    '{"data":null}',
    '{"data":{"error":[{"code":"X"}]}}',
    '{}',
    '[{"a":1}]',
    '"data"',
    '3',
  ]) {
    assert.deepEqual(scan(text), { rows: [], rest: JSON.parse(text) }, text);
  }
  const other = '{"a":{"data":[{"b":1}]},"more":[{"c":1}],"data":[{"d":[{"e":"]}"}]}, 5, null]}';
  const { rows, rest } = scan(other);
  assert.deepEqual(rows, [{ d: [{ e: ']}' }] }]);
  assert.deepEqual(rest, { a: { data: [{ b: 1 }] }, more: [{ c: 1 }], data: [] });
});

test('what is no JSON throws, and nothing else happens', () => {
  for (const text of ['', '{"data":[{"a":1}', '{"data":[{"a":}]}', '<html>', '{"data":[{"a":1]}]}']) {
    assert.throws(() => scan(text), SyntaxError, text);
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\ad') }), (text) => {
      try {
        scan(`{"data":[${text}`);
      } catch (error) {
        assert.ok(error instanceof SyntaxError);
      }
    }),
  );
});
