import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { der, tags } from './der.ts';
import { checkPeer, childId, isTrustDomain, parentId, parseSpiffeId, peerSpiffeId } from './identity.ts';
import { type Bend, clientAuth, makeCertificate, serverAuth } from './testing/certificates.ts';

const rawOf = (bend: Bend) => new X509Certificate(makeCertificate(bend).certificate).raw;

test('identities are made and read back', () => {
  assert.equal(childId('mesh.example', 'vm-1'), 'spiffe://mesh.example/child/vm-1');
  assert.equal(parentId('mesh', 'p'), 'spiffe://mesh/parent/p');
  assert.deepEqual(parseSpiffeId('spiffe://mesh/child/vm-1'), {
    uri: 'spiffe://mesh/child/vm-1',
    trustDomain: 'mesh',
    role: 'child',
    name: 'vm-1',
  });
  assert.throws(() => childId('mesh', 'VM'), { code: 'identity.name' });
  assert.throws(() => childId('mesh', 'a/../b'), { code: 'identity.name' });
  assert.throws(() => childId('Mesh', 'a'), { code: 'identity.trust-domain' });
  assert.throws(() => childId('mesh:80', 'a'), { code: 'identity.trust-domain' });
});

const notIds = [
  '',
  'spiffe://mesh',
  'spiffe://mesh/',
  'spiffe://mesh/child',
  'spiffe://mesh/child/',
  'spiffe://mesh/child/vm-1/',
  'spiffe://mesh/child//vm-1',
  'spiffe://mesh/child/../parent',
  'spiffe://mesh/child/.',
  'spiffe://mesh/child/..',
  'spiffe://mesh/child/VM-1',
  'spiffe://mesh/Child/vm-1',
  'spiffe://MESH/child/vm-1',
  'SPIFFE://mesh/child/vm-1',
  'spiffe://mesh:9443/child/vm-1',
  'spiffe://me@mesh/child/vm-1',
  'spiffe://mesh%2e/child/vm-1',
  'spiffe://mesh/child/vm%2d1',
  'spiffe://mesh/child/vm-1?x',
  'spiffe://mesh/child/vm-1#x',
  'spiffe://mesh/child/*',
  'spiffe:///child/vm-1',
  'spiffe:/mesh/child/vm-1',
  'https://mesh/child/vm-1',
  'spiffe://mesh/workload/vm-1',
  'spiffe://mesh/child/vm-1\n',
  'spiffe://mesh/child/vm-1\0',
  ' spiffe://mesh/child/vm-1',
  `spiffe://${'a'.repeat(256)}/child/vm-1`,
  `spiffe://mesh/child/${'a'.repeat(64)}`,
];
for (const uri of notIds) {
  test(`not an identity: ${JSON.stringify(uri.slice(0, 60))}`, () => {
    assert.throws(() => parseSpiffeId(uri), { code: 'identity.spiffe-id' });
  });
}

test('fuzz: what parses is made of the same parts, and nothing else is thrown', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.webUrl(), fc.stringMatching(/^spiffe:\/\/[\w.-]+\/(child|parent)\/[\w.-]+$/)),
      (text) => {
        try {
          const { uri, trustDomain, role, name } = parseSpiffeId(text);
          assert.equal(uri, text);
          assert.equal(`spiffe://${trustDomain}/${role}/${name}`, text);
          assert.ok(isTrustDomain(trustDomain));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'identity.spiffe-id');
        }
      },
    ),
  );
});

const leaves: [string, Bend, string][] = [
  ['no URI', { uris: [] }, 'identity.no-uri'],
  [
    'no URI but a DNS name that looks like one',
    { uris: [], dnsNames: ['spiffe://mesh/child/vm-1'] },
    'identity.no-uri',
  ],
  ['two URIs', { uris: ['spiffe://mesh/child/vm-1', 'https://x'] }, 'identity.many-uris'],
  [
    'the same URI twice',
    { uris: ['spiffe://mesh/child/vm-1', 'spiffe://mesh/child/vm-1'] },
    'identity.many-uris',
  ],
  ['another scheme', { uris: ['https://mesh/child/vm-1'] }, 'identity.spiffe-id'],
  ['cA', { ca: true, keyUsage: 0x80 }, 'identity.not-leaf'],
  ['no key usage', { keyUsage: 'none' }, 'identity.key-usage'],
  ['key usage not critical', { keyUsageCritical: false }, 'identity.key-usage'],
  ['no digitalSignature', { keyUsage: 0x08 }, 'identity.key-usage'],
  ['keyCertSign', { keyUsage: 0x84 }, 'identity.key-usage'],
  ['cRLSign', { keyUsage: 0x82 }, 'identity.key-usage'],
  ['server only', { purposes: [serverAuth] }, 'identity.extended-key-usage'],
  ['client only', { purposes: [clientAuth] }, 'identity.extended-key-usage'],
  ['other purpose', { purposes: ['1.3.6.1.5.5.7.3.8'] }, 'identity.extended-key-usage'],
  ['NUL in the URI', { uris: ['spiffe://mesh/child/vm-1\0.evil'] }, 'identity.malformed'],
  ['quoting tricks', { uris: ['spiffe://mesh/child/vm-1", URI:"x'] }, 'identity.malformed'],
  ['quoting tricks without blanks', { uris: ['spiffe://mesh/child/vm-1",URI:"x'] }, 'identity.spiffe-id'],
  ['URI as a constructed element', { uris: [], rawNames: [der(0xa6, der(tags.ia5))] }, 'identity.malformed'],
];
for (const [name, bend, code] of leaves) {
  test(`leaf refused: ${name}`, () => {
    assert.throws(() => peerSpiffeId(rawOf(bend)), { code, status: 403 });
    assert.equal(
      (checkPeer(['spiffe://mesh/child/vm-1'])('h', { raw: rawOf(bend) }) as { code?: string })?.code,
      code,
    );
  });
}

test('a name of another type that quotes a URI does not become one (CVE-2021-44532)', () => {
  const email = der(0x81, Buffer.from('x, URI:spiffe://mesh/parent/root'));
  const raw = rawOf({ uris: ['spiffe://mesh/child/vm-1'], rawNames: [email] });
  assert.equal(peerSpiffeId(raw), 'spiffe://mesh/child/vm-1');
  assert.equal(peerSpiffeId(new X509Certificate(raw)), 'spiffe://mesh/child/vm-1');
});

test('checkPeer accepts the expected name and nobody else', () => {
  const raw = rawOf({});
  assert.equal(checkPeer(['spiffe://mesh/child/vm-1'])('any', { raw }), undefined);
  for (const expected of [[], ['spiffe://mesh/child/vm-2'], ['spiffe://mesh/parent/vm-1']])
    assert.equal(checkPeer(expected)('any', { raw })?.code, 'identity.unexpected-peer');
  assert.equal(checkPeer(['x'])('any', {} as { raw: Uint8Array })?.code, 'identity.malformed');
});

test('a leaf without any extended key usage passes', () => {
  assert.equal(peerSpiffeId(rawOf({ purposes: [] })), 'spiffe://mesh/child/vm-1');
});
