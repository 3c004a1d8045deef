import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { debianPackage } from './deb.ts';
import { type Entry, tarGz } from './tar.ts';

const run = promisify(execFile);
const time = 1_700_000_000;
const big = Buffer.alloc(100_000, 'executable');

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ficus-archives-'));
});
after(() => rm(folder, { recursive: true }));

test('tar reads what was written: modes, times, contents, and what was compressed before', async () => {
  const entries: Entry[] = [
    { path: 'ficus/' },
    { path: 'ficus/readme', data: Buffer.from('hello') },
    { path: 'ficus/ficus', mode: 0o755, data: big, gzip: gzipSync(big) },
    { path: 'ficus/empty', data: Buffer.alloc(0) },
  ];
  const file = join(folder, 'a.tar.gz');
  await writeFile(file, tarGz(entries, time));
  await run('tar', ['-xzf', file, '-C', folder]);
  assert.equal(await readFile(join(folder, 'ficus/readme'), 'utf8'), 'hello');
  assert.ok(big.equals(await readFile(join(folder, 'ficus/ficus'))));
  const found = await stat(join(folder, 'ficus/ficus'));
  assert.equal(found.mode & 0o777, 0o755);
  assert.equal(found.mtimeMs, time * 1000);
  assert.equal((await stat(join(folder, 'ficus/empty'))).size, 0);
});

test('the same input is the same bytes, and the parts are one gzip file', () => {
  const plain: Entry[] = [{ path: 'ficus', data: big }];
  const before = plain.map((entry) => ({ ...entry, gzip: gzipSync(big) }));
  assert.deepEqual(tarGz(before, time), tarGz(before, time));
  assert.deepEqual(gunzipSync(tarGz(before, time)), gunzipSync(tarGz(plain, time)));
});

test('a path that a header has no room for is refused', () => {
  assert.throws(() => tarGz([{ path: 'x'.repeat(101), data: big }], time), /at most 100 bytes/);
});

test('a Debian package is an ar archive of three members, each at an even place', () => {
  const deb = debianPackage({
    control: { Package: 'ficus', Version: '1' },
    scripts: { postinst: Buffer.from('#!/bin/sh\n') },
    files: [
      { path: 'etc/ficus/' },
      { path: 'usr/bin/ficus', mode: 0o755, data: Buffer.from('odd') },
      { path: 'usr/bin/other', data: Buffer.from('x') },
    ],
    mtime: time,
  });
  assert.equal(deb.toString('latin1', 0, 8), '!<arch>\n');
  const members = new Map<string, Buffer>();
  for (let at = 8; at < deb.length; ) {
    assert.equal(deb.toString('latin1', at + 58, at + 60), '`\n');
    const size = Number(deb.toString('latin1', at + 48, at + 58));
    members.set(deb.toString('latin1', at, at + 16).trim(), deb.subarray(at + 60, at + 60 + size));
    at += 60 + size + (size % 2);
  }
  assert.deepEqual([...members.keys()], ['debian-binary', 'control.tar.gz', 'data.tar.gz']);
  assert.equal(members.get('debian-binary')?.toString(), '2.0\n');
  const control = gunzipSync(members.get('control.tar.gz') ?? '').toString('latin1');
  assert.match(control, /Package: ficus\nVersion: 1\nInstalled-Size: 1\n/);
  // `printf odd | md5sum`
  assert.match(control, /a2b6f2a6066ed8700d83335fc50a2b8e {2}usr\/bin\/ficus\n/);
  const data = gunzipSync(members.get('data.tar.gz') ?? '');
  const names: string[] = [];
  for (
    let at = 0;
    data[at] !== 0;
    at += 512 * (1 + Math.ceil(Number.parseInt(data.toString('latin1', at + 124, at + 135), 8) / 512))
  ) {
    names.push(data.toString('latin1', at, data.indexOf(0, at)));
  }
  const folders = ['./', './etc/', './etc/ficus/', './usr/', './usr/bin/'];
  assert.deepEqual(names, [...folders, './usr/bin/ficus', './usr/bin/other']);
});
