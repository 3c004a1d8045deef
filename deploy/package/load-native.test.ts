import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadNative } from './load-native.ts';

type Bcrypt = typeof import('@node-rs/bcrypt');
let folder: string;
let library: Buffer;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ficus-native-'));
  const require = createRequire(import.meta.url);
  const name = `@node-rs/bcrypt-linux-${process.arch}-gnu`;
  const packaged = dirname(require.resolve(`${name}/package.json`));
  const file = (await readdir(packaged)).find((each) => each.endsWith('.node'));
  library = await readFile(join(packaged, file ?? ''));
});
after(() => rm(folder, { recursive: true }));

test('the library works and its file is gone; a folder that is not there is passed over', async () => {
  const missing = join(folder, 'missing');
  const native = loadNative('bcrypt.node', () => library, [missing, folder]) as Bcrypt;
  assert.equal(await native.verify('secret', await native.hash('secret', 4)), true);
  assert.deepEqual(await readdir(folder), []);
});

test('one that can be loaded from nowhere is told with every reason, and leaves nothing', async () => {
  await chmod(folder, 0o700);
  assert.throws(
    () => loadNative('bad.node', () => Buffer.from('no library'), [join(folder, 'missing'), folder]),
    (error: Error & { code: string }) =>
      error.code === 'native.not-loaded' &&
      /missing: ENOENT/.test(error.message) &&
      error.message.includes('file too short'),
  );
  assert.deepEqual(await readdir(folder), []);
});
