/** Every golden input gives exactly the output beside it; `npm run golden:update` rewrites them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { outcomeOf } from './golden-case.ts';

const folder = join(import.meta.dirname, 'cases');
const inputs = readdirSync(folder).filter((name) => name.endsWith('.in.yaml'));

describe('golden configuration', () => {
  it('has the cases', () => assert.ok(inputs.length >= 25, `${inputs.length} cases`));

  for (const name of inputs) {
    it(name, async () => {
      const outcome = await outcomeOf(join(folder, name));
      assert.equal(outcome.problems, golden(name, '.problems.txt'));
      assert.equal(outcome.out, golden(name, '.out.json'));
    });
  }
});

function golden(input: string, suffix: string): string | undefined {
  const file = join(folder, input.replace(/\.in\.yaml$/, suffix));
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
