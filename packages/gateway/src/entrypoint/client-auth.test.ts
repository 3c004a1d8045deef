import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { makeCertificate, makeTestRoot } from '@ficus/pki/testing/certificates.ts';
import type { ClientAuth } from '../model/tls-models.ts';
import { alternativeNames } from '../net/alternative-names.ts';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { tlsClient, tlsGet, tlsModel, tlsOptions } from '../testing/tls-client.ts';
import { distinguishedName, peerCertificateReader } from './peer-certificate.ts';

const server = selfSigned('a.test', 'b.test');
const root = makeTestRoot();
const good = makeCertificate({ issuer: root, uris: [], dnsNames: ['client.test'], commonName: 'client' });
const foreign = makeCertificate({ uris: [], dnsNames: ['foreign.test'], commonName: 'foreign' });
const expired = makeCertificate({ issuer: root, uris: [], notBefore: 1e12, notAfter: 1.1e12 });
const clients = {
  none: {},
  good: { cert: good.certificate, key: good.key },
  foreign: { cert: foreign.certificate, key: foreign.key },
  expired: { cert: expired.certificate, key: expired.key },
};

/** Who gets an answer; the others are refused in the handshake or cut off after it. */
const served: Readonly<Record<ClientAuth, readonly (keyof typeof clients)[]>> = {
  none: ['none', 'good', 'foreign', 'expired'],
  request: ['none', 'good', 'foreign', 'expired'],
  requireAny: ['good', 'foreign', 'expired'],
  verifyIfGiven: ['none', 'good'],
  requireAndVerify: ['good'],
};

for (const clientAuth of Object.keys(served) as ClientAuth[]) {
  test(`clientAuth ${clientAuth}: by host, in TLS 1.2 and 1.3, with a new session and a resumed one`, async () => {
    await using endpoint = await recordingEndpoint();
    const options = [
      tlsOptions('default'),
      tlsOptions('asks@file', { clientAuth, clientRoots: [root.certificate] }),
    ];
    const model = tlsModel(endpoint.port, [server], options, { 'a.test': 'asks@file' });
    await using gateway = await startGateway({ model });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const [name, certificate] of Object.entries(clients)) {
        const wanted = served[clientAuth].includes(name as keyof typeof clients);
        const asked = tlsGet(gateway.port, 'a.test', { maxVersion, ...certificate });
        if (wanted) assert.equal((await asked).status, 200, name);
        else await assert.rejects(asked, `${name} with ${maxVersion}`);
        // A host of other options is not concerned, and a session of it opens no door here.
        using other = await tlsClient(gateway.port, 'b.test', { maxVersion, ...certificate });
        let session: Buffer | undefined;
        other.socket.on('session', (ticket) => {
          session = ticket;
        });
        assert.equal((await other.get('b.test')).status, 200);
        session ??= other.socket.getSession();
        const again = tlsGet(gateway.port, 'a.test', {
          maxVersion,
          ...certificate,
          ...(session && { session }),
        });
        if (wanted) assert.equal((await again).resumed, false, name);
        else await assert.rejects(again, `${name} with ${maxVersion} and a session`);
      }
    }
    const refused = 4 - served[clientAuth].length;
    assert.equal((await gateway.plane.stats()).refusals['tls.handshake'] ?? 0, refused * 4);
  });
}

test('a client certificate that is missing or bad is named in the log', async () => {
  await using endpoint = await recordingEndpoint();
  for (const [clientAuth, client, why] of [
    ['requireAny', 'none', /^no client certificate from 127/],
    ['verifyIfGiven', 'foreign', /^DEPTH_ZERO_SELF_SIGNED_CERT from 127/],
    ['requireAndVerify', 'expired', /^CERT_HAS_EXPIRED/],
    ['requireAndVerify', 'none', /^ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE from 127/],
  ] as const) {
    const options = [tlsOptions('default', { clientAuth, clientRoots: [root.certificate] })];
    await using gateway = await startGateway({ model: tlsModel(endpoint.port, [server], options) });
    await assert.rejects(tlsGet(gateway.port, 'a.test', clients[client]));
    const line = gateway.log.find(({ fields }) => fields['code'] === 'tls.handshake');
    assert.match(String(line?.fields['detail']), why);
  }
});

test('what a client certificate says: names, issuer, validity, and what leads to its root', async (t) => {
  const intermediate = makeCertificate({ ca: true, issuer: root, uris: [], commonName: 'between' });
  const leaf = makeCertificate({
    issuer: intermediate,
    commonName: 'leaf',
    dnsNames: ['leaf.test'],
    uris: ['spiffe://x/y', 'http://z/?a,b'],
    notBefore: 1.7e12,
    notAfter: 1.9e12,
  });
  // Without roots: with them some versions of Node say nothing of the certificates between.
  const { cert, key } = server;
  const gateway = createServer({ cert, key, requestCert: true, rejectUnauthorized: false });
  t.after(() => gateway.close());
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const { port } = gateway.address() as { port: number };
  const client = connect({
    port,
    rejectUnauthorized: false,
    cert: leaf.certificate + intermediate.certificate,
    key: leaf.key,
  });
  t.after(() => client.destroy());
  const [socket] = (await once(gateway, 'secureConnection')) as [TLSSocket];
  const read = peerCertificateReader(socket);
  const certificate = read();
  assert.ok(certificate);
  assert.deepEqual(certificate.subject, [['CN', 'leaf']]);
  assert.deepEqual(certificate.issuer, [['CN', 'between']]);
  assert.deepEqual([certificate.notBefore, certificate.notAfter], [1.7e12, 1.9e12]);
  assert.deepEqual(certificate.dnsNames, ['leaf.test']);
  assert.deepEqual(certificate.uris, ['spiffe://x/y', 'http://z/?a,b']);
  assert.match(certificate.serial, /^[0-9A-F]{32}$/);
  assert.deepEqual(
    certificate.intermediates.map(({ subject }) => subject),
    [[['CN', 'between']]],
  );
  client.destroy();
  socket.destroy();
  assert.equal(read(), certificate);
  assert.equal(peerCertificateReader(socket)(), undefined);
});

test('names of X.500 and alternative names, whatever they hold', () => {
  assert.deepEqual(distinguishedName('C=FR\nO=Caf\\C3\\A9\\, Inc.\nCN=a\\"b\\+c\nDC=x\nDC=y'), [
    ['C', 'FR'],
    ['O', 'Café, Inc.'],
    ['CN', 'a"b+c'],
    ['DC', 'x'],
    ['DC', 'y'],
  ]);
  assert.deepEqual(distinguishedName(undefined), []);
  const names = alternativeNames(
    'DNS:a.b, URI:"http://x/?a, DNS:evil", email:a@b, IP Address:1.2.3.4, DNS:c',
  );
  assert.deepEqual(names('DNS'), ['a.b', 'c']);
  assert.deepEqual(names('URI'), ['http://x/?a, DNS:evil']);
  assert.deepEqual(names('IP Address'), ['1.2.3.4']);
});
