import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Authority } from './authority.ts';
import { pinOf } from './certificate.ts';
import { createRequest, requestDer, requestPin } from './csr.ts';
import { bitString, der, integer, oid, tags } from './der.ts';
import { toPem } from './pem.ts';

const base = await mkdtemp(join(tmpdir(), 'ficus-csr-'));
after(() => rm(base, { recursive: true, force: true }));
const authority = await Authority.open({ directory: join(base, 'a'), trustDomain: 'mesh' });
const uri = 'spiffe://mesh/child/vm-1';
const issue = (csr: string) => authority.issue({ csr, uri, ttlMs: 60_000 });
const sequence = (...parts: Buffer[]) => der(tags.sequence, ...parts);

type Keys = { privateKey: KeyObject; publicKey: KeyObject };
const signatures: Record<string, string> = {
  ec: '1.2.840.10045.4.3.2',
  rsa: '1.2.840.113549.1.1.11',
  ed25519: '1.3.101.112',
};

/** A request written by hand, so that it may ask for anything. */
function craft(options: { keys: Keys; names?: Buffer[]; commonName?: string; spoil?: boolean }): string {
  const { keys, names = [der(0x86, Buffer.from(uri))], commonName } = options;
  const subject =
    commonName === undefined
      ? []
      : [der(tags.set, sequence(oid('2.5.4.3'), der(tags.utf8, Buffer.from(commonName))))];
  const san = sequence(oid('2.5.29.17'), der(tags.octetString, sequence(...names)));
  const request = sequence(oid('1.2.840.113549.1.9.14'), der(tags.set, sequence(san)));
  const info = sequence(
    integer(0),
    sequence(...subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa0, request),
  );
  const type = keys.privateKey.asymmetricKeyType as string;
  const signature = sign(type === 'ed25519' ? null : 'sha256', info, keys.privateKey);
  if (options.spoil) signature[signature.length - 1] = (signature.at(-1) as number) ^ 1;
  const id = oid(signatures[type] ?? (signatures['ec'] as string));
  const algorithm = type === 'rsa' ? sequence(id, der(tags.nil)) : sequence(id);
  return toPem('CERTIFICATE REQUEST', sequence(info, algorithm, bitString(signature)));
}
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });

test('the key’s pin is read from the request', () => {
  const { key, csr } = createRequest({ uri });
  assert.equal(requestPin(csr), pinOf(createPublicKey(key).export({ type: 'spki', format: 'der' })));
  assert.notEqual(requestPin(createRequest({ uri }).csr), requestPin(csr));
  assert.throws(() => createRequest({ uri: 'spiffe://mesh/x' }), { code: 'identity.spiffe-id' });
});

const accepted: [string, Parameters<typeof craft>[0]][] = [
  ['no names at all', { keys: p256, names: [] }],
  ['the URI as common name', { keys: p256, commonName: uri }],
  ['P-384', { keys: generateKeyPairSync('ec', { namedCurve: 'P-384' }) }],
  ['Ed25519', { keys: generateKeyPairSync('ed25519') }],
  ['RSA 2048', { keys: generateKeyPairSync('rsa', { modulusLength: 2048 }) }],
];
for (const [name, options] of accepted) {
  test(`request accepted: ${name}`, async () => {
    assert.match((await issue(craft(options))).certificate, /BEGIN CERTIFICATE/);
  });
}

const refused: [string, Parameters<typeof craft>[0], string][] = [
  [
    'another child',
    { keys: p256, names: [der(0x86, Buffer.from('spiffe://mesh/child/vm-2'))] },
    'csr.other-name',
  ],
  [
    'a parent',
    { keys: p256, names: [der(0x86, Buffer.from('spiffe://mesh/parent/vm-1'))] },
    'csr.other-name',
  ],
  [
    'its own name and another',
    { keys: p256, names: [der(0x86, Buffer.from(uri)), der(0x86, Buffer.from('spiffe://mesh/parent/x'))] },
    'csr.other-name',
  ],
  ['another common name', { keys: p256, commonName: 'vm-2' }, 'csr.other-name'],
  ['a wrong signature', { keys: p256, spoil: true }, 'csr.malformed'],
  [
    'somebody else’s public key',
    {
      keys: {
        privateKey: p256.privateKey,
        publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
      },
    },
    'csr.malformed',
  ],
  ['RSA 1024', { keys: generateKeyPairSync('rsa', { modulusLength: 1024 }) }, 'csr.weak-key'],
  ['secp256k1', { keys: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }) }, 'csr.weak-key'],
  ['P-521', { keys: generateKeyPairSync('ec', { namedCurve: 'P-521' }) }, 'csr.weak-key'],
];
for (const [name, options, code] of refused) {
  test(`request refused: ${name}`, async () => {
    await assert.rejects(issue(craft(options)), { code });
  });
}

test('what is no request is refused', async () => {
  const { csr } = createRequest({ uri });
  for (const text of [
    '',
    'x',
    csr.slice(0, -40),
    csr.replace('\nMI', '\nMJ'),
    toPem('CERTIFICATE REQUEST', Buffer.from([0x30, 0])),
    csr + 'A'.repeat(20_000),
  ]) {
    await assert.rejects(issue(text), { code: 'csr.malformed' });
    assert.throws(() => requestPin(text), { code: 'csr.malformed' });
  }
});

test('fuzz: a mutated request never gets a certificate and never fails otherwise', async () => {
  const good = requestDer(createRequest({ uri }).csr);
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] as number) ^ change;
      const code = await issue(toPem('CERTIFICATE REQUEST', bytes)).then(
        () => 'issued',
        (error) => error.code,
      );
      assert.match(String(code), /^csr\./, `byte ${at} changed by ${change}`);
    }),
    { numRuns: 300 },
  );
});
