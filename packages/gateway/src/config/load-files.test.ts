import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { within } from '../testing/eventually.ts';
import { readText } from './load-files.ts';

test('what is no file is told, and nobody waits for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ficus-load-'));
  try {
    const pipe = join(folder, 'pipe.yaml');
    execFileSync('mkfifo', [pipe]);
    const refused = { ok: false, reason: 'it is not a file' };
    assert.deepEqual(await within(readText(pipe, 1000), 'a pipe without a writer'), refused);
    assert.deepEqual(await readText(folder, 1000), refused);
    const file = join(folder, 'file.yaml');
    await writeFile(file, 'a: 1\n');
    assert.deepEqual(await readText(file, 1000), { ok: true, text: 'a: 1\n' });
    assert.deepEqual(await readText(file, 4), { ok: false, reason: 'it has more than 4 bytes' });
    assert.deepEqual(await readText(join(folder, 'none'), 4), {
      ok: false,
      reason: 'no such file or folder',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
