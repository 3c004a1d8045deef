import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Encoding } from '../../model/middleware/compress.ts';
import { fieldsOf } from '../../testing/middleware-of.ts';
import { chooseEncoding } from './accept-encoding.ts';

const all = { encodings: ['gzip', 'br', 'zstd'] as const };

function chosen(
  field: string | undefined,
  rules: Parameters<typeof chooseEncoding>[1] = all,
): Encoding | undefined {
  return chooseEncoding(field === undefined ? [] : fieldsOf({ 'Accept-Encoding': field }), rules);
}

describe('Accept-Encoding', () => {
  for (const [field, encoding] of [
    [undefined, undefined],
    ['', undefined],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['br', 'br'],
    ['zstd, br', 'br'],
    ['zstd, br, gzip', 'gzip'],
    ['gzip;q=0.5, br;q=0.8', 'br'],
    ['gzip;q=0.8, br;q=0.8, zstd;q=0.9', 'zstd'],
    ['gzip; q=0', undefined],
    ['gzip;q=0.000, br', 'br'],
    ['deflate, compress', undefined],
    ['*', 'gzip'],
    ['*;q=0', undefined],
    ['gzip;q=0, *', 'br'],
    ['gzip;q=0, br;q=0, *;q=0.1', 'zstd'],
    ['br;q=0.3, *;q=0.5', 'gzip'],
    ['identity', undefined],
    ['identity, gzip;q=0.5', undefined],
    ['identity;q=0.5, gzip', 'gzip'],
    ['identity, gzip', 'gzip'],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0', undefined],
    ['gzip;q=1.5', undefined],
    ['gzip;q=x, br;q=0.1', 'br'],
    ['gzip;level=9', undefined],
    [' , ,gzip , ', 'gzip'],
    ['gzip\t;\tq=0.5', 'gzip'],
    [`${'a,'.repeat(600)}gzip`, undefined],
  ] as const) {
    test(`${JSON.stringify(field?.slice(0, 40))} gets ${encoding}`, () => {
      assert.equal(chosen(field), encoding);
    });
  }

  test('the order of the configuration decides between equals', () => {
    assert.equal(chosen('gzip, br, zstd', { encodings: ['zstd', 'br', 'gzip'] }), 'zstd');
    assert.equal(chosen('gzip, br', { encodings: ['zstd', 'br', 'gzip'] }), 'br');
    assert.equal(chosen('gzip', { encodings: ['zstd', 'br'] }), undefined);
  });

  test('the default is for those who say nothing, and for "*"', () => {
    const rules = { ...all, defaultEncoding: 'br' } as const;
    assert.equal(chosen(undefined, rules), 'br');
    assert.equal(chosen('*', rules), 'br');
    assert.equal(chosen('', rules), undefined);
    assert.equal(chosen('gzip', rules), 'gzip');
    assert.equal(chosen('gzip, *', rules), 'gzip');
    assert.equal(chosen('br;q=0, *', rules), 'gzip');
  });

  test('several fields are one', () => {
    const fields = [
      ...fieldsOf({ 'Accept-Encoding': 'gzip;q=0.1' }),
      ...fieldsOf({ 'Accept-Encoding': 'br' }),
    ];
    assert.equal(chooseEncoding(fields, all), 'br');
  });

  test('whatever is sent, only what it names is chosen', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (field) => {
        const encoding = chosen(field);
        if (encoding === undefined) return;
        assert.ok(field.includes('*') || field.toLowerCase().includes(encoding));
      }),
    );
  });
});
