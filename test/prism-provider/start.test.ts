/** A process that does nothing but start a provider. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPrismSimulator } from '../prism/simulator.ts';

test('a process waits for its first look, also where the pace makes that wait between requests', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-prism-start-'));
  await using prism = await startPrismSimulator();
  // More pages than are asked for without a pause.
  prism.fleet(2600, 1);
  try {
    await writeFile(join(directory, 'ca.pem'), prism.ca);
    const program = fileURLToPath(new URL('./start-main.ts', import.meta.url));
    const args = ['--conditions=source', program, prism.url, prism.apiKey, directory];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const [, machines, young] = /^(\d+) machines, (\d+) MiB young\n$/.exec(stdout) ?? [];
    assert.equal(machines, '2600');
    assert.ok(Number(young) < 12, `the young generation has grown to ${young} MiB`);
  } finally {
    await rm(directory, { recursive: true });
  }
});
