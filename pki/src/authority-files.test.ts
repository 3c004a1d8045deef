import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Authority } from './authority.ts';
import { certificateFacts } from './certificate.ts';
import { createRequest } from './csr.ts';
import { pemCertificates } from './pem.ts';
import { type Bend, makeCertificate, makeTestRoot } from './testing/certificates.ts';

const base = await mkdtemp(join(tmpdir(), 'ficus-operator-'));
after(() => rm(base, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(base, `${++count}`);
const uri = 'spiffe://mesh/child/vm-1';
const hour = 3_600_000;

async function operator(bend: {
  issuer?: Bend;
  mode?: number;
  chain?: 'full' | 'no root';
  key?: string;
  rootsFile?: boolean;
}) {
  const directory = fresh();
  await mkdir(directory, { mode: 0o700 });
  const root = makeTestRoot({ commonName: 'corporate root', uris: [] });
  const issuing = makeCertificate({
    ca: true,
    issuer: root,
    commonName: 'issuing',
    uris: [],
    ...bend.issuer,
  });
  const [certFile, keyFile, rootsFile] = ['ca.pem', 'ca.key', 'roots.pem'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  await writeFile(certFile, issuing.certificate + (bend.chain === 'full' ? root.certificate : ''));
  await writeFile(keyFile, bend.key ?? issuing.key);
  await chmod(keyFile, bend.mode ?? 0o600);
  await writeFile(rootsFile, root.certificate);
  const files = { certFile, keyFile, trustDomain: 'mesh' };
  const opened = Authority.fromFiles(bend.rootsFile ? { ...files, rootsFile } : files);
  return { opened, root, issuing };
}

for (const layout of [
  { chain: 'full' },
  { chain: 'no root', rootsFile: true },
  { chain: 'full', rootsFile: true },
] as const) {
  test(`an operator’s intermediate signs and its chain is sent: ${JSON.stringify(layout)}`, async () => {
    const { opened, root, issuing } = await operator(layout);
    const authority = await opened;
    assert.deepEqual(
      authority.roots.map((pem) => certificateFacts(pem).pin),
      [certificateFacts(root.certificate).pin],
    );
    assert.equal(authority.pin, certificateFacts(root.certificate).pin);
    const { certificate } = await authority.issue({ csr: createRequest({ uri }).csr, uri, ttlMs: hour });
    const chain = pemCertificates(certificate).map((pem) => new X509Certificate(pem));
    assert.equal(chain.length, 2);
    assert.equal(chain[1]?.fingerprint256, new X509Certificate(issuing.certificate).fingerprint256);
    assert.ok(chain[0]?.checkIssued(chain[1] as X509Certificate));
    assert.ok(chain[0]?.verify((chain[1] as X509Certificate).publicKey));
  });
}

test('an operator’s RSA and P-384 authorities sign', async () => {
  for (const keys of [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ]) {
    const { opened } = await operator({ issuer: { keys }, chain: 'full' });
    const { certificate } = await (await opened).issue({ csr: createRequest({ uri }).csr, uri, ttlMs: hour });
    const [leaf, issuer] = pemCertificates(certificate).map((pem) => new X509Certificate(pem));
    assert.ok(leaf?.verify((issuer as X509Certificate).publicKey));
  }
});

const operatorMistakes: [string, Parameters<typeof operator>[0], string][] = [
  ['a chain without its root', { chain: 'no root' }, 'authority.no-root'],
  ['another key', { chain: 'full', key: makeTestRoot().key }, 'authority.key-mismatch'],
  ['a damaged key', { chain: 'full', key: 'x' }, 'authority.key-mismatch'],
  ['a leaf', { chain: 'full', issuer: { ca: false } }, 'authority.not-authority'],
  [
    'an authority that may not sign certificates',
    { chain: 'full', issuer: { keyUsage: 0x02 } },
    'authority.not-authority',
  ],
  ['an expired one', { chain: 'full', issuer: { notAfter: Date.now() - 1000 } }, 'authority.expired'],
  ['one not yet valid', { chain: 'full', issuer: { notBefore: Date.now() + hour } }, 'authority.not-yet'],
  [
    'one of another trust domain',
    { chain: 'full', issuer: { uris: ['spiffe://other'] } },
    'authority.trust-domain',
  ],
  [
    'a weak key',
    { chain: 'full', issuer: { keys: generateKeyPairSync('rsa', { modulusLength: 1024 }) } },
    'authority.weak-key',
  ],
  ['a key others can read', { chain: 'full', mode: 0o644 }, 'files.too-open'],
];
for (const [name, bend, code] of operatorMistakes) {
  test(`an operator’s authority refused: ${name}`, async () => {
    await assert.rejects((await operator(bend)).opened, { code });
  });
}

test('a missing file is named', async () => {
  const files = {
    certFile: join(base, 'nowhere.pem'),
    keyFile: join(base, 'nowhere.key'),
    trustDomain: 'mesh',
  };
  await assert.rejects(Authority.fromFiles(files), { code: 'files.unusable', message: /nowhere\.pem/ });
});
