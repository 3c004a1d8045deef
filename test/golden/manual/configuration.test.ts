/** The manual is the schemas, and every key has its words. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { allFields, configurationPage } from './configuration-page.ts';

describe('docs/configuration.md', () => {
  it('is current: run `npm run docs:config`', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
    assert.equal(page, configurationPage());
  });

  it('describes every key in a sentence', () => {
    const fields = allFields();
    assert.ok(fields.length > 200);
    for (const { path, schema } of fields) assert.match(schema.description ?? '', /^\S.*\.$/, path);
  });

  it('states the default of every optional number, choice, switch and duration', () => {
    for (const { path, required, schema } of allFields()) {
      const scalar =
        schema.type === 'integer' || schema.type === 'boolean' || schema.enum || schema.format === 'duration';
      // What stands in a list is there or not.
      if (!scalar || required || path.endsWith('[]')) continue;
      assert.match(schema.description ?? '', /Default: |[Aa]ccepted /, path);
    }
  });
});
