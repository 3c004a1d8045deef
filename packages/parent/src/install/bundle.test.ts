import assert from 'node:assert/strict';
import { rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FicusError } from '@ficus/common/errors.ts';
import { type Bundle, openBundle } from './bundle.ts';
import { bundleFolder, sha256 } from './fixture.ts';

async function content(bundle: Bundle, name: string): Promise<Buffer> {
  const file = bundle.files.get(name);
  const read: Buffer[] = [];
  if (file !== undefined) for await (const piece of file.read(0, file.bytes)) read.push(Buffer.from(piece));
  return Buffer.concat(read);
}
const code = (expected: string) => (error: FicusError) => error.code === expected && error.status === 503;

test('the manifest that is served pins every file, also those that the one on disk does not name', async () => {
  await using folder = await bundleFolder();
  const bundle = await openBundle(folder.path);
  try {
    const served = await content(bundle, 'manifest.json');
    assert.equal(sha256(served), bundle.manifestSha256);
    assert.deepEqual(JSON.parse(served.toString()), bundle.manifest);
    assert.deepEqual(
      bundle.manifest.files.map(({ file }) => file),
      ['install.sh', 'ficus-child.service', 'ficus-parent.service'],
    );
    for (const { file, sha256: sum, bytes } of [...bundle.manifest.artefacts, ...bundle.manifest.files]) {
      const found = await content(bundle, file);
      assert.deepEqual([sha256(found), found.length], [sum, bytes], file);
    }
  } finally {
    await bundle.close();
  }
});

test('files that are replaced on disk are served as they were checked', async () => {
  await using folder = await bundleFolder();
  const bundle = await openBundle(folder.path);
  try {
    await folder.write('other', 'half a new');
    await rename(join(folder.path, 'other'), join(folder.path, 'ficus-linux-x64.gz'));
    await rm(join(folder.path, 'install.sh'));
    assert.deepEqual(await content(bundle, 'ficus-linux-x64.gz'), folder.packed);
    assert.equal((await content(bundle, 'install.sh')).toString(), '#!/bin/sh\n');
  } finally {
    await bundle.close();
  }
});

test('a bundle that is not what its manifest says is refused', async () => {
  await using folder = await bundleFolder();
  const { path, manifest } = folder;
  const [artefact] = manifest.artefacts;
  const open = async () => (await openBundle(path)).close();

  await folder.write('ficus-linux-x64.gz', gzipSync('something else'));
  await assert.rejects(open, code('install.wrong-sum'));
  await folder.write('ficus-linux-x64.gz', folder.packed);
  await open();
  await truncate(join(path, 'ficus-linux-x64.gz'), folder.packed.length - 1);
  await assert.rejects(open, code('install.wrong-sum'));
  await folder.write('ficus-linux-x64.gz', folder.packed);

  // Rightly summed, and another executable within; or none.
  for (const [packed, message] of [
    [
      gzipSync('a bomb '.repeat(100_000)),
      /want a gzip file with an executable of \d+ bytes, found one of 700000 bytes/,
    ],
    [Buffer.from('no gzip, whatever its name says'), /found something else/],
  ] as const) {
    await folder.write('ficus-linux-x64.gz', packed);
    const lying = { ...artefact, bytes: packed.length, sha256: sha256(packed) };
    await folder.write('manifest.json', JSON.stringify({ ...manifest, artefacts: [lying] }));
    await assert.rejects(open, message);
  }
  await folder.write('ficus-linux-x64.gz', folder.packed);

  const unit = { file: 'ficus-child.service', bytes: 4, sha256: sha256('gone') };
  await folder.write('manifest.json', JSON.stringify({ ...manifest, files: [unit] }));
  await assert.rejects(open, /ficus-child.service: the manifest says 4 bytes/);
  await folder.write('manifest.json', JSON.stringify(manifest));
  await rm(join(path, 'install.sh'));
  await assert.rejects(open, code('install.missing-file'));
  await rm(join(path, 'manifest.json'));
  await assert.rejects(open, code('install.no-manifest'));
});
