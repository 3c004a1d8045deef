import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { FicusError } from '@ficus/common/errors.ts';
import { asset } from '@ficus/common/packaged.ts';
import { sha256 } from './fixture.ts';
import { type OwnBundleOptions, ownBundle } from './make-bundle.ts';

async function machine() {
  const path = await mkdtemp(join(tmpdir(), 'ficus-own-'));
  const executable = join(path, 'ficus');
  await writeFile(executable, Buffer.alloc(300_000, 'ficus '));
  const options: OwnBundleOptions = {
    directory: join(path, 'state/install'),
    executable,
    version: '0.1.0',
    arch: 'x64',
    asset: (name) => Buffer.from(`# ${name}\n`),
    freeBytes: async () => 1e12,
  };
  return { options, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test('a packaged parent makes its bundle once for each executable', async () => {
  await using m = await machine();
  const { directory, executable } = m.options;
  const first = await ownBundle(m.options);
  await first.close();
  const [artefact] = first.manifest.artefacts;
  assert.equal(artefact?.executableSha256, sha256(Buffer.alloc(300_000, 'ficus ')));
  const [made = ''] = await readdir(directory);
  const packed = join(directory, made, 'ficus-linux-x64.gz');
  const { ino } = await stat(packed);

  const again = await ownBundle({ ...m.options, freeBytes: async () => 0 });
  await again.close();
  assert.equal(again.manifestSha256, first.manifestSha256);
  assert.equal((await stat(packed)).ino, ino, 'not made again');

  // What a crash in the middle left, and what was damaged since.
  await writeFile(join(directory, '.half'), 'x');
  await writeFile(packed, 'damaged');
  await (await ownBundle(m.options)).close();
  assert.deepEqual(await readdir(directory), [made]);

  await writeFile(executable, 'a newer ficus');
  const newer = await ownBundle({ ...m.options, version: '0.2.0' });
  await newer.close();
  assert.equal(newer.manifest.version, '0.2.0');
  const names = await readdir(directory);
  assert.equal(names.length, 1, 'the older one is gone');
  assert.notEqual(names[0], made);
  assert.deepEqual(
    gunzipSync(await read(newer.manifest.artefacts[0]?.file, join(directory, names[0] ?? ''))),
    Buffer.from('a newer ficus'),
  );
});

async function read(file = '', directory: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  return readFile(join(directory, file));
}

test('a disk that is nearly full is left alone: the store is on it', async () => {
  await using m = await machine();
  const made = ownBundle({ ...m.options, freeBytes: async () => 100 * 1024 * 1024 });
  await assert.rejects(made, (error: FicusError) => {
    assert.equal(error.code, 'install.disk-full');
    assert.equal(error.status, 503);
    assert.match(error.message, /needs 256 MiB free on the file system of .*, found 100 MiB/);
    assert.match(error.remedy ?? '', /install\.directory/);
    return true;
  });
  assert.deepEqual(await readdir(m.options.directory), []);
});

test('a failure leaves nothing behind, and ENOSPC in the middle says what it is', async () => {
  await using m = await machine();
  const asset = () => {
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  await assert.rejects(
    ownBundle({ ...m.options, asset }),
    (error: FicusError) => error.code === 'install.disk-full',
  );
  assert.deepEqual(await readdir(m.options.directory), []);
  await assert.rejects(
    ownBundle({ ...m.options, directory: join(m.options.executable, 'x') }),
    (error: FicusError) => error.code === 'install.not-made' && error.remedy !== undefined,
  );
});

test('stopping the parent stops the making of it', async () => {
  await using m = await machine();
  await assert.rejects(ownBundle(m.options, AbortSignal.abort()), { code: 'install.not-made' });
  await (await ownBundle(m.options)).close();
  const [made = ''] = await readdir(m.options.directory);
  // Between the sum of the executable and the look at the bundle that is there.
  const stopping = new AbortController();
  const { executable, directory } = m.options;
  const opening = ownBundle(
    { ...m.options, freeBytes: () => assert.fail('made anew'), executable, directory },
    stopping.signal,
  );
  setImmediate(() => stopping.abort());
  await opening.then(
    (bundle) => bundle.close(),
    () => {},
  );
  assert.deepEqual(await readdir(m.options.directory), [made], 'a good one stays');
  assert.match(asset('install.sh').toString(), /^#!\/bin\/sh/, 'what the real one carries');
});
