import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packageFolder } from './npm-file.ts';

let root: string;
let path: string | undefined;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ficus-npm-file-'));
  await mkdir(join(root, 'node_modules/here'), { recursive: true });
  await writeFile(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/there': { version: '1.0.0', integrity: 'sha512-other' } } }),
  );
  // Stands in for npm: gives a file whatever is asked for.
  const bin = join(root, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'npm'), '#!/bin/sh\necho changed >"$4/there-1.0.0.tgz"\n', { mode: 0o755 });
  path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
});
after(async () => {
  process.env['PATH'] = path;
  await rm(root, { recursive: true });
});

test('an installed package is taken where it is', async () => {
  assert.equal(await packageFolder(root, 'here', join(root, 'cache')), join(root, 'node_modules/here'));
});

test('one that is not in package-lock.json is not fetched', async () => {
  await assert.rejects(
    packageFolder(root, 'unknown', join(root, 'cache')),
    /package-lock\.json has no unknown/,
  );
});

test('a fetched file that is not the locked one is refused and not kept', async () => {
  const cache = join(root, 'cache');
  await assert.rejects(
    packageFolder(root, 'there', cache),
    /there@1\.0\.0: want sha512-other \(package-lock\.json\), found sha512-/,
  );
  assert.deepEqual(await readdir(cache), []);
});
