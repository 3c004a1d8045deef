import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type ConnectionOptions, connect, createServer, type TlsOptions } from 'node:tls';
import { type Bend, clientAuth, makeCertificate, makeTestRoot, serverAuth } from './testing/certificates.ts';
import { handshake } from './testing/handshake.ts';
import { dialerTls, listenerTls, type TlsMaterial, tlsPolicy } from './tls-policy.ts';

const root = makeTestRoot();
const otherRoot = makeTestRoot({ commonName: 'test root' });
const roots = [root.certificate];
const alpn = ['http/1.1'];
const childUri = 'spiffe://mesh/child/vm-1';
const parentUri = 'spiffe://mesh/parent/main';
const good = (uri: string) => ({ ...makeCertificate({ issuer: root, uris: [uri] }), roots, alpn });
const child = good(childUri);
const parent = good(parentUri);
const day = 86_400_000;

test('good certificates are accepted, each end learns the other, and the protocol is agreed', async () => {
  const outcome = await handshake(
    listenerTls(child),
    dialerTls(parent, [childUri]),
    (uri) => uri === parentUri,
  );
  assert.equal(outcome.dialer, 'accepted');
  assert.equal(outcome.listener, `accepted ${parentUri}`);
});

test('a bundle of two roots trusts leaves of both', async () => {
  const next = makeTestRoot({ commonName: 'next root' });
  const both = [next.certificate, root.certificate];
  const newer = { ...makeCertificate({ issuer: next, uris: [parentUri] }), roots: both, alpn };
  const outcome = await handshake(listenerTls({ ...child, roots: both }), dialerTls(newer, [childUri]));
  assert.equal(outcome.dialer, 'accepted');
  assert.equal(outcome.listener, `accepted ${parentUri}`);
});

const intermediate = makeCertificate({
  issuer: root,
  ca: true,
  uris: ['spiffe://mesh'],
  commonName: 'issuing',
});
const leafAsIssuer = makeCertificate({ issuer: root, commonName: 'leaf issuer' });
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 });
const rsa2048 = generateKeyPairSync('rsa', { modulusLength: 2048 });

test('an intermediate in the chain is followed to the root', async () => {
  const leaf = makeCertificate({ issuer: intermediate, uris: [parentUri] });
  const material = { ...leaf, certificate: leaf.certificate + intermediate.certificate, roots, alpn };
  const outcome = await handshake(listenerTls(child), dialerTls(material, [childUri]));
  assert.equal(outcome.listener, `accepted ${parentUri}`);
});

/** Bad certificates; `{role}` is the role that the other end expects. Signed by the good root unless said otherwise. */
const matrix: [string, (uri: string) => Bend][] = [
  ['self-signed', () => ({})],
  ['self-signed with the root’s name', () => ({ commonName: root.commonName })],
  ['of another authority with the same name', () => ({ issuer: otherRoot })],
  ['signed by a leaf', () => ({ issuer: leafAsIssuer })],
  ['expired', () => ({ issuer: root, notBefore: Date.now() - 2 * day, notAfter: Date.now() - 5_000 })],
  ['not yet valid', () => ({ issuer: root, notBefore: Date.now() + day, notAfter: Date.now() + 2 * day })],
  ['an authority', () => ({ issuer: root, ca: true })],
  ['an authority that may sign handshakes', () => ({ issuer: root, ca: true, keyUsage: 0x86 })],
  ['two URIs', (uri) => ({ issuer: root, uris: [uri, 'spiffe://mesh/child/other'] })],
  ['no URI', () => ({ issuer: root, uris: [] })],
  ['no URI but DNS names', () => ({ issuer: root, uris: [], dnsNames: ['vm-1', 'localhost'] })],
  ['another trust domain', (uri) => ({ issuer: root, uris: [uri.replace('mesh', 'other')] })],
  ['upper-case trust domain', (uri) => ({ issuer: root, uris: [uri.replace('mesh', 'MESH')] })],
  ['upper-case scheme', (uri) => ({ issuer: root, uris: [uri.replace('spiffe', 'SPIFFE')] })],
  [
    'upper-case name',
    (uri) => ({ issuer: root, uris: [uri.slice(0, -1) + uri.slice(-1).toUpperCase(), 'x:'] }),
  ],
  ['.. in the path', (uri) => ({ issuer: root, uris: [uri.replace(/(parent|child)/, 'x/../$1')] })],
  [
    'percent in the path',
    (uri) => ({ issuer: root, uris: [uri.replace('spiffe://mesh/', 'spiffe://mesh/%2e')] }),
  ],
  ['trailing slash', (uri) => ({ issuer: root, uris: [`${uri}/`] })],
  ['query', (uri) => ({ issuer: root, uris: [`${uri}?a`] })],
  ['NUL in the name', (uri) => ({ issuer: root, uris: [`${uri}\0.evil`] })],
  ['wildcard', (uri) => ({ issuer: root, uris: [uri.replace(/[^/]+$/, '*')] })],
  ['trust domain only', () => ({ issuer: root, uris: ['spiffe://mesh'] })],
  ['the other role', (uri) => ({ issuer: root, uris: [uri === childUri ? parentUri : childUri] })],
  ['another name of the role', (uri) => ({ issuer: root, uris: [`${uri}x`] })],
  ['server purpose only', () => ({ issuer: root, purposes: [serverAuth] })],
  ['client purpose only', () => ({ issuer: root, purposes: [clientAuth] })],
  ['a third purpose only', () => ({ issuer: root, purposes: ['1.3.6.1.5.5.7.3.8'] })],
  ['no key usage', () => ({ issuer: root, keyUsage: 'none' })],
  ['key usage not critical', () => ({ issuer: root, keyUsageCritical: false })],
  ['key usage that signs certificates', () => ({ issuer: root, keyUsage: 0x84 })],
  ['RSA 1024', () => ({ issuer: root, keys: rsa1024 })],
  ['SHA-1 signature', () => ({ issuer: root, keys: rsa2048, hash: 'sha1' })],
];

/** The attacker plays by no policy: weak keys load, and any peer is served. */
function attacker(certificate: { certificate: string; key: string } | undefined) {
  return {
    ...(certificate === undefined ? {} : { key: certificate.key, cert: certificate.certificate }),
    ciphers: 'TLS_AES_128_GCM_SHA256:DEFAULT@SECLEVEL=0',
    ca: roots,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    requestCert: true,
    ALPNProtocols: [...alpn],
  } as const satisfies TlsOptions & ConnectionOptions;
}

for (const [name, bend] of [...matrix, ['control', () => ({ issuer: root })] as const]) {
  const bent = (uri: string) => attacker(makeCertificate({ uris: [uri], ...bend(uri) }));
  const control = name === 'control';

  test(`${control ? 'control: a good certificate is accepted' : `refused from a caller: ${name}`}`, async () => {
    const outcome = await handshake(listenerTls(child), bent(parentUri), (uri) => uri === parentUri);
    assert.equal(outcome.listener.startsWith('accepted'), control, outcome.listener);
    assert.equal(outcome.dialer === 'accepted', control, outcome.dialer);
  });

  test(`${control ? 'control: a good listener is accepted' : `refused from a listener: ${name}`}`, async () => {
    const outcome = await handshake(bent(childUri), dialerTls(parent, [childUri]));
    assert.deepEqual([outcome.trusted, outcome.bytes > 0], [control, control], outcome.dialer);
  });
}

test('a caller without a certificate is refused in the handshake', async () => {
  const outcome = await handshake(listenerTls(child), attacker(undefined));
  assert.equal(outcome.listener, 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE');
  assert.notEqual(outcome.dialer, 'accepted');
});

test('a joining listener lets a caller without a certificate connect, but gives it no identity', async () => {
  const bare: TlsMaterial = { roots, alpn };
  const outcome = await handshake(listenerTls(parent, 'joining'), dialerTls(bare, [parentUri]));
  assert.equal(outcome.listener, 'identity.unverified');
  const forged = attacker(makeCertificate({ issuer: otherRoot }));
  assert.equal((await handshake(listenerTls(parent, 'joining'), forged)).listener, 'identity.unverified');
  const renewing = await handshake(listenerTls(parent, 'joining'), dialerTls(child, [parentUri]));
  assert.equal(renewing.listener, `accepted ${childUri}`);
});

test('TLS 1.2 and a foreign protocol are refused', async () => {
  const old = { ...attacker(parent), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  assert.equal((await handshake(listenerTls(child), old)).listener, 'ERR_SSL_UNSUPPORTED_PROTOCOL');
  const foreign = { ...attacker(parent), ALPNProtocols: ['h3'] };
  assert.equal((await handshake(listenerTls(child), foreign)).listener, 'ERR_SSL_NO_APPLICATION_PROTOCOL');
});

test('a session cannot be resumed, so no caller passes without its certificate', async () => {
  const server = createServer(listenerTls(child), (socket) => socket.end('x')).listen(0, '127.0.0.1');
  const reasons: string[] = [];
  server.on('tlsClientError', (error) => reasons.push((error as NodeJS.ErrnoException).code ?? ''));
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  const visit = async (options: ConnectionOptions) => {
    const socket = connect({ ...options, host: '127.0.0.1', port });
    const sessions: Buffer[] = [];
    let received = 0;
    socket.on('session', (session) => sessions.push(session));
    socket.on('data', (data) => {
      received += data.length;
    });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    return { session: sessions.at(-1), received };
  };
  const first = await visit(attacker(parent));
  assert.equal(first.received, 1);
  const session = first.session === undefined ? {} : { session: first.session };
  const resumed = await visit({ ...attacker(undefined), ...session });
  server.close();
  assert.equal(resumed.received, 0);
  assert.deepEqual(reasons, ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE']);
});

test('no roots, roots that are none, and no protocol are refused before anything listens', () => {
  assert.throws(() => tlsPolicy({ roots: [], alpn }), { code: 'tls.no-roots' });
  assert.throws(() => tlsPolicy({ roots: ['', '\n'], alpn }), { code: 'tls.no-roots' });
  assert.throws(() => tlsPolicy({ roots: [child.certificate], alpn }), { code: 'tls.bad-roots' });
  const damaged = root.certificate.replace(/\n[A-Za-z0-9+/]{4}/, '\nAAAA');
  assert.throws(() => tlsPolicy({ roots: [damaged], alpn }), { code: 'tls.bad-roots' });
  assert.throws(() => tlsPolicy({ roots, alpn: [] }), { code: 'tls.no-alpn' });
});
