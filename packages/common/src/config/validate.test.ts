import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { formats } from './formats.ts';
import {
  boolean,
  duration,
  integer,
  list,
  named,
  object,
  oneOf,
  optional,
  type Schema,
  string,
} from './schema.ts';
import { validate } from './validate.ts';

const leaf: fc.Arbitrary<Schema> = fc.oneof(
  fc.constantFrom<Schema>(
    integer('', { minimum: 0, maximum: 5 }),
    boolean(''),
    duration(''),
    oneOf('', ['a', 'b'], { notYet: ['c'] }),
    string(''),
    string('', { minLength: 1 }),
  ),
  fc.constantFrom(...Object.keys(formats)).map((format): Schema => string('', { format })),
);
const { schema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .record({ a: tie('schema'), b: tie('schema') })
      .map(({ a, b }): Schema => object('', { a, b: optional(b) })),
    tie('schema').map((inner): Schema => list('', inner, { minItems: 1 })),
    tie('schema').map((inner): Schema => named('', 'key', inner, { keyFormat: 'node-name' })),
  ),
}));
const word = fc.constantFrom('a', 'b', 'c', '', '10s', ':80', 'http://x', '/p', 'A b', '10.0.0.0/8', 'x:1');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    word,
    fc.integer({ min: -1, max: 6 }),
    fc.constantFrom(true, null, 1.5, 1e99),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'B_'), tie('value')),
  ),
}));

describe('validating', () => {
  it('shows no secret, of whatever type it is', () => {
    const users = object('', {
      users: list('', string('', { minLength: 9, secret: true }), { secret: true }),
    });
    for (const given of ['hunter2', ['hunter2'], [['hunter2']], { hunter2: 1 }, 1234567]) {
      const mistakes = validate(users, { users: given });
      assert.equal(mistakes.length, 1);
      assert.doesNotMatch(JSON.stringify(mistakes), /hunter2|1234567/);
    }
  });

  it('says what to write in place of a key that is gone', () => {
    const schema = object('', { b: optional(string('')) }, { removed: { OldKey: 'use b' } });
    const [mistake] = validate(schema, { oldkey: 1 });
    assert.equal(mistake?.message, '"OldKey" is no option of Traefik v3 any more: use b');
    const later = object('', {}, { notYet: ['Resolver'], instead: { Resolver: 'write files' } });
    assert.equal(
      validate(later, { resolver: 1 })[0]?.message,
      '"Resolver" is an option of Traefik that Ficus does not support yet: write files',
    );
  });

  it('gives the same verdicts as Ajv', () => {
    fc.assert(
      fc.property(schema, value, (schema, value) => {
        const ajv = new Ajv({ strict: false, validateFormats: true });
        for (const [name, { test }] of Object.entries(formats))
          ajv.addFormat(name, { type: 'string', validate: test });
        const mistakes = validate(schema, value);
        assert.equal(mistakes.length === 0, ajv.validate(schema, value), JSON.stringify(mistakes));
      }),
      { numRuns: 300 },
    );
  });

  it('ends the search after 200 mistakes', () => {
    const many = validate(
      list('', integer('')),
      Array.from({ length: 100_000 }, () => 'x'),
    );
    assert.equal(many.length, 200);
  });
});
