/** Every golden input gives exactly the output beside it; `npm run golden:update` rewrites them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { outcomeOf } from './golden-case.ts';

const folder = join(import.meta.dirname, 'cases');
const inputs = readdirSync(folder).filter((name) => name.endsWith('.in.yaml'));

describe('golden configuration', () => {
  it('has the cases, half of them wrong ones', () => {
    const wrong = inputs.filter((name) => golden(name, '.problems.txt') !== undefined);
    assert.ok(inputs.length >= 150, `${inputs.length} cases`);
    assert.ok(wrong.length * 2 >= inputs.length, `${wrong.length} of ${inputs.length} are wrong ones`);
  });

  it('has an input for every output', () => {
    const known = new Set(inputs.map((name) => name.replace(/\.in\.yaml$/, '')));
    const outputs = readdirSync(folder).filter((name) => /\.(out\.json|problems\.txt)$/.test(name));
    assert.deepEqual(
      outputs.filter((name) => !known.has(name.replace(/\.(out\.json|problems\.txt)$/, ''))),
      [],
    );
  });

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
