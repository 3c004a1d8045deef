/** Rewrites the golden outputs, or those whose names begin with the argument: read the difference before you commit it. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeOf } from './golden-case.ts';

const folder = join(import.meta.dirname, 'cases');
const [, , only = ''] = process.argv;
for (const name of readdirSync(folder)) {
  if (!name.endsWith('.in.yaml') || !name.startsWith(only)) continue;
  const base = join(folder, name.replace(/\.in\.yaml$/, ''));
  const { out, problems } = await outcomeOf(join(folder, name));
  for (const [suffix, text] of [
    ['.out.json', out],
    ['.problems.txt', problems],
  ] as const) {
    if (text === undefined) rmSync(`${base}${suffix}`, { force: true });
    else writeFileSync(`${base}${suffix}`, text);
  }
}
