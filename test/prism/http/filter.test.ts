/** The filter language: what is asked in practice, and whatever else somebody sends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../wire/errors.ts';
import { compileFilter, compileOrder, type Fields } from './filter.ts';

interface Row {
  readonly name: string;
  readonly size: number;
  readonly state: string;
  readonly tags: readonly string[];
}

const known: Fields<Row> = {
  fields: {
    name: { get: (row) => row.name },
    size: { get: (row) => row.size },
    state: { get: (row) => row.state, enumType: 'Vmm.State' },
  },
  collections: { tags: (row) => row.tags.map((extId) => ({ extId })) },
};
const row: Row = { name: 'orders-01', size: 4, state: 'ON', tags: ['a', 'b'] };

test('reads operators by their precedence', () => {
  for (const [filter, holds] of Object.entries({
    "name eq 'orders-01'": true,
    "name ne 'orders-01'": false,
    'size gt 3 and size lt 5': true,
    'size ge 5 or size le 4': true,
    'size eq 1 and size eq 2 or size eq 4': true,
    'size eq 4 or size eq 1 and size eq 2': true,
    '(size eq 4 or size eq 1) and size eq 2': false,
    'not (size eq 4) or size eq 4': true,
    "not startswith(name,'ord')": false,
    "contains(name,'ers-')": true,
    "name in ('x','orders-01')": true,
    "state eq Vmm.State'ON'": true,
    "tags/any(t:t/extId eq 'b')": true,
    "tags/any(t:t/extId eq 'c' or t/extId eq 'd')": false,
    'name eq null': false,
  }))
    assert.equal(compileFilter(filter, known)(row), holds, filter);
});

test('refuses what it cannot read or does not know', () => {
  for (const filter of [
    '',
    'name',
    'name eq',
    "name eq 'open",
    "colour eq 'red'",
    "state eq 'ON'",
    "state eq Other.State'ON'",
    "name eq 'a' 'b'",
    "others/any(t:t/extId eq 'b')",
    "tags/any(t:name eq 'b')",
    `${'('.repeat(100)}size eq 4${')'.repeat(100)}`,
    `name eq '${'x'.repeat(9000)}'`,
    'name eq "double"',
  ])
    assert.throws(() => compileFilter(filter, known), ApiError, filter.slice(0, 40));
  assert.throws(() => compileOrder('colour', known), ApiError);
  assert.throws(() => compileOrder('name up', known), ApiError);
});

test('finds any name, however it is quoted', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), (name) => {
      const filter = `name eq '${name.replaceAll("'", "''")}'`;
      assert.equal(compileFilter(filter, known)({ ...row, name }), true);
    }),
  );
});

test('either reads a filter or says that it cannot', () => {
  const words = [
    'name',
    'size',
    'state',
    'eq',
    'and',
    'or',
    'not',
    'in',
    '(',
    ')',
    ',',
    "'a'",
    '1',
    "Vmm.State'ON'",
  ];
  const soup = fc.array(fc.constantFrom(...words, 'tags/any', 't', ':', ' '), { maxLength: 30 });
  fc.assert(
    fc.property(
      fc.oneof(
        soup.map((list) => list.join(' ')),
        fc.string({ maxLength: 200 }),
      ),
      (filter) => {
        try {
          compileFilter(filter, known)(row);
        } catch (error) {
          assert.ok(error instanceof ApiError, String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});
