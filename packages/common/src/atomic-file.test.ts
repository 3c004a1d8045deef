import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makePrivateDirectory, readFileCapped, writeFileAtomically } from './atomic-file.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ficus-atomic-'));
});
after(() => rm(directory, { recursive: true }));

test('replaces the file, sets the mode whatever was there, leaves no temporary file', async () => {
  const path = join(directory, 'a');
  await writeFile(path, 'old', { mode: 0o644 });
  await writeFileAtomically(path, 'new');
  assert.equal(await readFile(path, 'utf8'), 'new');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await writeFileAtomically(path, 'shared', { mode: 0o664 });
  assert.equal((await stat(path)).mode & 0o777, 0o664);
  assert.deepEqual(await readdir(directory), ['a']);
});

test('a failed write says where and what to do, and leaves nothing behind', async () => {
  const blocked = join(directory, 'dir');
  await makePrivateDirectory(join(blocked, 'inside'));
  assert.equal((await stat(blocked)).mode & 0o777, 0o700);
  await assert.rejects(
    writeFileAtomically(blocked, 'x'),
    (error: Error & { code: string; remedy: string }) => {
      assert.equal(error.code, 'file.unwritable');
      assert.match(error.message, /dir: can't be written/);
      assert.match(error.remedy, /writable/);
      return true;
    },
  );
  assert.ok(!(await readdir(directory)).some((name) => name.endsWith('.tmp')));
});

test('concurrent writers never mix their bytes', async () => {
  const path = join(directory, 'race');
  const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
  await Promise.all(contents.map((text) => writeFileAtomically(path, text)));
  assert.ok(contents.includes(await readFile(path, 'utf8')));
});

test('reads up to the cap, refuses more, and knows missing from unreadable', async () => {
  const path = join(directory, 'capped');
  await writeFile(path, 'x'.repeat(100));
  assert.equal((await readFileCapped(path, 100))?.length, 100);
  await assert.rejects(readFileCapped(path, 99), { code: 'file.too-large' });
  assert.equal(await readFileCapped(join(directory, 'missing'), 10), undefined);
  await assert.rejects(readFileCapped(directory, 10), { code: 'file.unreadable' });
});

test('a file without a size (as in /proc) is read whole and capped', async () => {
  assert.ok(((await readFileCapped('/proc/self/status', 1 << 20))?.length ?? 0) > 100);
  await assert.rejects(readFileCapped('/proc/self/status', 10), { code: 'file.too-large' });
});
