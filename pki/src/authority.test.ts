import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '@ficus/common/clock.ts';
import { Authority } from './authority.ts';
import { certificateFacts, describe } from './certificate.ts';
import { createRequest } from './csr.ts';
import { peerSpiffeId } from './identity.ts';
import { pemCertificates } from './pem.ts';
import { makeTestRoot } from './testing/certificates.ts';

const base = await mkdtemp(join(tmpdir(), 'ficus-authority-'));
after(() => rm(base, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(base, `${++count}`);
const uri = 'spiffe://mesh/child/vm-1';
const hour = 3_600_000;
const open = (directory: string) => Authority.open({ directory, trustDomain: 'mesh' });

test('the first open makes a root, the next one finds it', async () => {
  const directory = fresh();
  const first = await open(directory);
  const again = await open(directory);
  assert.deepEqual(again.roots, first.roots);
  assert.equal(again.pin, first.pin);
  assert.match(first.pin, /^sha256:[0-9a-f]{64}$/);
  const root = new X509Certificate(first.roots[0] as string);
  assert.ok(root.ca && root.verify(root.publicKey));
  const facts = describe(first.roots[0] as string);
  assert.equal(facts.uri, 'spiffe://mesh');
  assert.equal(facts.key, 'ec prime256v1');
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(directory), ['authority.pem']);
  assert.equal((await stat(join(directory, 'authority.pem'))).mode & 0o777, 0o600);
});

test('an issued leaf is a good identity under the root, back-dated and within its life', async () => {
  const authority = await open(fresh());
  const { csr, key } = createRequest({ uri });
  const now = Date.now();
  const issued = await authority.issue({
    csr,
    uri,
    dnsNames: ['vm-1'],
    addresses: ['127.0.0.1', '::1'],
    ttlMs: hour,
  });
  const leaf = new X509Certificate(issued.certificate);
  const root = new X509Certificate(authority.roots[0] as string);
  assert.ok(leaf.checkIssued(root) && leaf.verify(root.publicKey));
  assert.equal(peerSpiffeId(leaf), uri);
  assert.ok(leaf.checkHost('vm-1') && leaf.checkIP('127.0.0.1'));
  assert.match(issued.serial, /^[4-7][0-9A-F]{31}$/);
  assert.ok(Math.abs(issued.notBefore - (now - 60_000)) < 5_000);
  assert.ok(Math.abs(issued.notAfter - (now + hour)) < 5_000);
  assert.ok(!issued.certificate.includes('PRIVATE'));
  const second = await authority.issue({ csr, uri, ttlMs: hour });
  assert.notEqual(second.serial, issued.serial);
  assert.ok(key.startsWith('-----BEGIN PRIVATE KEY-----'));
});

test('processes that race make one authority', async () => {
  const directory = fresh();
  const script = `
    const { Authority } = await import(process.argv[1]);
    const authority = await Authority.open({ directory: process.argv[2], trustDomain: 'mesh' });
    process.stdout.write(authority.pin);`;
  const module = new URL('./authority.ts', import.meta.url).href;
  const args = ['--conditions=source', '--input-type=module', '-e', script, module, directory];
  const children = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, args)));
  const own = await Promise.all([1, 2, 3, 4].map(() => open(directory)));
  assert.equal(new Set([...children.map(({ stdout }) => stdout), ...own.map(({ pin }) => pin)]).size, 1);
  assert.deepEqual(await readdir(directory), ['authority.pem'], 'no drafts are left');
});

test('opens within one process that race make one authority', async () => {
  const directory = fresh();
  const all = await Promise.all(Array.from({ length: 8 }, () => open(directory)));
  assert.equal(new Set(all.map(({ pin }) => pin)).size, 1);
});

test('it is not made when it should exist, nor for a bad trust domain', async () => {
  const directory = fresh();
  await assert.rejects(Authority.open({ directory, trustDomain: 'mesh', create: false }), {
    code: 'authority.missing',
  });
  await assert.rejects(Authority.open({ directory, trustDomain: 'Mesh!' }), {
    code: 'identity.trust-domain',
  });
});

test('open permissions, links and damage are refused and nothing is replaced', async () => {
  const spoil: [string, (directory: string, file: string) => Promise<void>, string][] = [
    ['directory 0755', (directory) => chmod(directory, 0o755), 'files.too-open'],
    ['file 0640', (_, file) => chmod(file, 0o640), 'files.too-open'],
    ['file 0604', (_, file) => chmod(file, 0o604), 'files.too-open'],
    ['link', (_, file) => rename(file, `${file}.x`).then(() => symlink(`${file}.x`, file)), 'files.unusable'],
    ['directory in its place', (_, file) => rm(file).then(() => mkdir(file, 0o700)), 'files.not-plain'],
    ['empty', (_, file) => writeFile(file, ''), 'authority.unreadable'],
    [
      'cut short',
      async (_, file) => writeFile(file, (await readFile(file, 'utf8')).slice(0, -80)),
      'authority.key-mismatch',
    ],
    [
      'another key',
      async (_, file) => {
        const text = await readFile(file, 'utf8');
        await writeFile(file, pemCertificates(text)[0] + makeTestRoot().key);
      },
      'authority.key-mismatch',
    ],
  ];
  for (const [name, change, code] of spoil) {
    const directory = fresh();
    const file = join(directory, 'authority.pem');
    await open(directory);
    await change(directory, file);
    await assert.rejects(open(directory), (error: Error) => {
      assert.equal((error as { code?: string }).code, code, name);
      assert.ok((error as { remedy?: string }).remedy, name);
      return !error.message.includes('PRIVATE KEY');
    });
  }
});

test('another owner is refused', {
  skip: process.geteuid?.() !== 0 && 'needs root to give a file away',
}, async () => {
  const { chown } = await import('node:fs/promises');
  const directory = fresh();
  await open(directory);
  await chown(join(directory, 'authority.pem'), 65_534, 65_534);
  await assert.rejects(open(directory), { code: 'files.other-owner' });
});

test('another trust domain and an authority past its end are refused', async () => {
  const directory = fresh();
  const authority = await open(directory);
  await assert.rejects(Authority.open({ directory, trustDomain: 'other' }), {
    code: 'authority.trust-domain',
  });
  const later = { ...systemClock, now: () => Date.now() + 11 * 365 * 86_400_000 };
  await assert.rejects(Authority.open({ directory, trustDomain: 'mesh', clock: later }), {
    code: 'authority.expired',
  });
  let now = Date.now();
  const moving = await Authority.open({
    directory,
    trustDomain: 'mesh',
    clock: { ...systemClock, now: () => now },
  });
  now = certificateFacts(authority.roots[0] as string).notAfter - 60_000;
  const { csr } = createRequest({ uri });
  assert.equal(
    (await moving.issue({ csr, uri, ttlMs: hour })).notAfter,
    now + 60_000,
    'never outlives its issuer',
  );
  now += 60_000;
  await assert.rejects(moving.issue({ csr, uri, ttlMs: hour }), { code: 'authority.expired' });
});

test('more roots in roots.pem are trusted too', async () => {
  const directory = fresh();
  const { roots, pin } = await open(directory);
  const next = makeTestRoot({ commonName: 'next' });
  await writeFile(join(directory, 'roots.pem'), next.certificate, { mode: 0o600 });
  const authority = await open(directory);
  assert.equal(authority.roots.length, 2);
  assert.equal(authority.roots[0], roots[0]);
  assert.deepEqual(authority.pins, [pin, certificateFacts(next.certificate).pin]);
});

test('the caller’s mistakes are refused', async () => {
  const authority = await open(fresh());
  const { csr } = createRequest({ uri });
  const issue = (more: object) => authority.issue({ csr, uri, ttlMs: hour, ...more });
  await assert.rejects(issue({ uri: 'spiffe://other/child/vm-1' }), { code: 'authority.other-domain' });
  await assert.rejects(issue({ uri: 'spiffe://mesh/child/..' }), { code: 'identity.spiffe-id' });
  for (const dnsNames of [['*.x'], ['a b'], ['a:1'], [''], Array.from({ length: 40 }, (_, i) => `h${i}`)])
    await assert.rejects(issue({ dnsNames }), { code: 'authority.bad-name' });
  await assert.rejects(issue({ addresses: ['localhost'] }), { code: 'authority.bad-name' });
  for (const ttlMs of [0, -1, Number.NaN, 400 * 86_400_000])
    await assert.rejects(issue({ ttlMs }), { code: 'authority.ttl' });
});
