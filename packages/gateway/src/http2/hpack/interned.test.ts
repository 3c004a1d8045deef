import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nameAt, valueAt } from './interned.ts';
import { Interner } from './interner.ts';

test('what is found is what was asked for, whatever else fell on its slot', () => {
  const interner = new Interner();
  const text = fc.stringMatching(/^[ab\xff]{1,70}$/);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 50 }), (texts) => {
      for (const one of texts) {
        const source = Buffer.from(`..${one}.`, 'latin1');
        const to = source.length - 1;
        const found = interner.find(source, 2, to);
        assert.ok(found === undefined || found === one);
        interner.keep(one, source, 2, to);
        assert.equal(interner.find(source, 2, to), one.length <= 64 ? one : undefined);
      }
    }),
  );
});

test('names and values come out the same, seen before or not', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~]{1,70}$/), (value) => {
      const source = Buffer.from(value);
      for (let i = 0; i < 40; i++) assert.equal(valueAt(source, 0, source.length, 'x-a', false), value);
      const name = value.replaceAll(/[^a-z0-9-]/g, 'x');
      const bytes = Buffer.from(name);
      for (let i = 0; i < 2; i++) assert.equal(nameAt(bytes, 0, bytes.length), name);
    }),
  );
});
