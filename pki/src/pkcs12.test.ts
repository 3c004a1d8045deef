import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { pemCertificates } from './pem.ts';
import { exportPkcs12, maxPkcs12Bytes, openPkcs12 } from './pkcs12.ts';
import { makeCertificate, makeTestRoot } from './testing/certificates.ts';

const base = await mkdtemp(join(tmpdir(), 'ficus-p12-'));
after(() => rm(base, { recursive: true, force: true }));
const openssl = (...args: string[]) => promisify(execFile)('openssl', args);
const hasOpenssl = await openssl('version').then(
  ({ stdout }) => stdout.startsWith('OpenSSL 3'),
  () => false,
);
const skip = !hasOpenssl && 'needs OpenSSL 3 on the PATH';

const password = 'correct horse';
const root = makeTestRoot();
const leaf = makeCertificate({ issuer: root });
const chain = leaf.certificate + root.certificate;
const friendlyName = 'vm-1 é';
const exported = await exportPkcs12({ key: leaf.key, certificate: chain, password, friendlyName });
const fingerprints = (pem: string) =>
  pemCertificates(pem).map((one) => new X509Certificate(one).fingerprint256);

test('an export opens again, leaf first, with its key', async () => {
  const opened = await openPkcs12(exported, password);
  assert.deepEqual(fingerprints(opened.certificate), fingerprints(chain));
  assert.ok(createPrivateKey(opened.key).equals(createPrivateKey(leaf.key)));
});

test('Node’s own TLS loads it', () => {
  createSecureContext({ pfx: exported, passphrase: password });
  assert.throws(() => createSecureContext({ pfx: exported, passphrase: 'wrong' }), /mac verify/i);
});

test('openssl reads it', { skip }, async () => {
  const path = join(base, 'out.p12');
  await writeFile(path, exported);
  const { stdout, stderr } = await openssl(
    'pkcs12',
    '-in',
    path,
    '-passin',
    `pass:${password}`,
    '-nodes',
    '-info',
  );
  assert.deepEqual(fingerprints(stdout), fingerprints(chain));
  assert.match(stdout, /BEGIN PRIVATE KEY/);
  assert.match(stderr, /MAC: sha256/);
  assert.match(stderr, /AES-256-CBC.*hmacWithSHA256/);
});

for (const [name, flags] of [
  ['modern', []],
  ['legacy', ['-legacy']],
] as const) {
  for (const kind of ['ec', 'rsa'] as const) {
    test(`an operator’s ${name} file with an ${kind} key opens`, { skip }, async () => {
      const keys = kind === 'rsa' ? { keys: generateKeyPairSync('rsa', { modulusLength: 2048 }) } : {};
      const own = makeCertificate({ issuer: root, ...keys });
      const [pem, p12] = [join(base, `${name}-${kind}.pem`), join(base, `${name}-${kind}.p12`)];
      // Root first: the order in the file must not matter.
      await writeFile(pem, own.key + own.certificate + root.certificate);
      await openssl('pkcs12', '-export', ...flags, '-in', pem, '-out', p12, '-passout', `pass:${password}`);
      const opened = await openPkcs12(await readFile(p12), password);
      assert.deepEqual(fingerprints(opened.certificate), fingerprints(own.certificate + root.certificate));
      assert.ok(createPrivateKey(opened.key).equals(createPrivateKey(own.key)));
    });
  }
}

test('wrong passwords, damage and size are one error that repeats nothing', async () => {
  for (const [bytes, word] of [
    [exported, 'battery staple'],
    [exported, ''],
    [exported.subarray(0, 100), password],
    [Buffer.alloc(0), password],
    [Buffer.alloc(maxPkcs12Bytes + 1), password],
  ] as const) {
    await assert.rejects(openPkcs12(bytes, word), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'pkcs12.unreadable');
      return word === '' || !error.message.includes(word);
    });
  }
});

test('a short password and another’s key are refused', async () => {
  const options = { key: leaf.key, certificate: chain, password, friendlyName };
  await assert.rejects(exportPkcs12({ ...options, password: 'short' }), { code: 'pkcs12.password' });
  await assert.rejects(exportPkcs12({ ...options, key: root.key }), { code: 'pkcs12.key' });
  await assert.rejects(exportPkcs12({ ...options, certificate: '' }), { code: 'pkcs12.key' });
});

test('fuzz: random bytes are unreadable', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await assert.rejects(openPkcs12(bytes, 'x'), { code: 'pkcs12.unreadable' });
    }),
  );
});
