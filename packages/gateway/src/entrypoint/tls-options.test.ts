import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { makeCertificate } from '@ficus/pki/testing/certificates.ts';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { tlsClient, tlsGet, tlsModel, tlsOptions } from '../testing/tls-client.ts';

const certificate = selfSigned('a.test', 'b.test', '*.c.test', 'd.test');
const fallback = tlsOptions('default');

test('versions by host: an exact name, a wildcard, and the default for the rest', async () => {
  await using endpoint = await recordingEndpoint();
  const options = [
    fallback,
    tlsOptions('new@file', { minVersion: 'TLSv1.3' }),
    tlsOptions('old@file', { maxVersion: 'TLSv1.2' }),
  ];
  const hosts = { 'a.test': 'new@file', '*.c.test': 'old@file' };
  await using gateway = await startGateway({ model: tlsModel(endpoint.port, [certificate], options, hosts) });
  assert.equal((await tlsGet(gateway.port, 'a.test')).protocol, 'TLSv1.3');
  await assert.rejects(tlsGet(gateway.port, 'A.test', { maxVersion: 'TLSv1.2' }), /PROTOCOL_VERSION/);
  assert.equal((await tlsGet(gateway.port, 'x.c.test')).protocol, 'TLSv1.2');
  await assert.rejects(tlsGet(gateway.port, 'x.c.test', { minVersion: 'TLSv1.3' }), /PROTOCOL_VERSION/);
  assert.equal((await tlsGet(gateway.port, 'x.x.c.test')).protocol, 'TLSv1.3');
  assert.equal((await tlsGet(gateway.port, 'b.test', { maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
});

test('TLS 1.0 and 1.1 for who asks for them by name, and for nobody else', async () => {
  await using endpoint = await recordingEndpoint();
  const options = [fallback, tlsOptions('ancient@file', { minVersion: 'TLSv1' })];
  const model = tlsModel(endpoint.port, [certificate], options, { 'a.test': 'ancient@file' });
  await using gateway = await startGateway({ model });
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const client = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
    assert.equal((await tlsGet(gateway.port, 'a.test', client)).protocol, version);
    await assert.rejects(tlsGet(gateway.port, 'b.test', client), /PROTOCOL_VERSION/);
  }
  assert.equal((await tlsGet(gateway.port, 'a.test')).protocol, 'TLSv1.3');
});

test('cipher suites of TLS 1.2, in the order of the options; TLS 1.3 keeps its own', async () => {
  await using endpoint = await recordingEndpoint();
  const ciphers = ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-GCM-SHA256'];
  const model = tlsModel(endpoint.port, [certificate], [tlsOptions('default', { ciphers })]);
  await using gateway = await startGateway({ model });
  const twelve = { maxVersion: 'TLSv1.2' } as const;
  const chosen = await tlsGet(gateway.port, 'a.test', {
    ...twelve,
    ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
  });
  assert.equal(chosen.cipher, 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256');
  const wrong = { ...twelve, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' };
  await assert.rejects(tlsGet(gateway.port, 'a.test', wrong), /HANDSHAKE_FAILURE/);
  // The same for a client without a server name, which gets the default certificate.
  await assert.rejects(tlsGet(gateway.port, '', wrong), /HANDSHAKE_FAILURE/);
  assert.equal((await tlsGet(gateway.port, 'a.test')).protocol, 'TLSv1.3');
});

test('key exchange groups', async () => {
  await using endpoint = await recordingEndpoint();
  const model = tlsModel(
    endpoint.port,
    [certificate],
    [tlsOptions('default', { curves: ['P-384', 'P-521'] })],
  );
  await using gateway = await startGateway({ model });
  using client = await tlsClient(gateway.port, 'a.test', { ecdhCurve: 'X25519:P-384' });
  assert.equal((client.socket.getEphemeralKeyInfo() as { name: string }).name, 'secp384r1');
  await assert.rejects(tlsGet(gateway.port, 'a.test', { ecdhCurve: 'X25519' }), /HANDSHAKE_FAILURE/);
});

test('ALPN by host: the order of the options; no common protocol is refused; without ALPN HTTP/1.1', async () => {
  await using endpoint = await recordingEndpoint();
  const options = [fallback, tlsOptions('one@file', { alpn: ['http/1.1'] })];
  const model = tlsModel(endpoint.port, [certificate], options, { 'a.test': 'one@file' });
  await using gateway = await startGateway({ model });
  const both = { ALPNProtocols: ['h2', 'http/1.1'] };
  assert.equal((await tlsGet(gateway.port, 'a.test', both)).alpn, 'http/1.1');
  using h2 = await tlsClient(gateway.port, 'b.test', both);
  assert.equal(h2.socket.alpnProtocol, 'h2');
  await assert.rejects(tlsGet(gateway.port, 'a.test', { ALPNProtocols: ['h2'] }), /NO_APPLICATION_PROTOCOL/);
  assert.deepEqual([(await tlsGet(gateway.port, 'a.test')).status], [200]);
});

test('sniStrict: an alert and a line in the log instead of the default certificate', async () => {
  await using endpoint = await recordingEndpoint();
  const options = [fallback, tlsOptions('strict@file', { sniStrict: true })];
  const hosts = { 'a.test': 'strict@file', 'z.test': 'strict@file', '*': 'strict@file' };
  await using gateway = await startGateway({ model: tlsModel(endpoint.port, [certificate], options, hosts) });
  assert.equal((await tlsGet(gateway.port, 'a.test')).status, 200);
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const name of ['z.test', 'unknown.test', ''])
      await assert.rejects(
        tlsGet(gateway.port, name, { maxVersion }),
        /HANDSHAKE_FAILURE/,
        `${name} ${maxVersion}`,
      );
  const refused = gateway.log.find(({ fields }) => fields['code'] === 'tls.handshake');
  assert.match(String(refused?.fields['detail']), /^sniStrict: no certificate for its server name from 127/);
  assert.equal((await gateway.plane.stats()).refusals['tls.handshake'], 6);
});

test('of several certificates for one name the first; one of another type of key stands alone', async () => {
  await using endpoint = await recordingEndpoint();
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const made = makeCertificate({ dnsNames: ['e.test', 'a.test'], uris: [], keys, keyUsage: 0xa0 });
  const rsa = { names: ['e.test', 'a.test'], cert: made.certificate, key: made.key };
  const model = tlsModel(endpoint.port, [certificate, rsa], [fallback]);
  await using gateway = await startGateway({ model });
  assert.match((await tlsGet(gateway.port, 'a.test')).shown, /DNS:d\.test/);
  assert.equal((await tlsGet(gateway.port, 'e.test')).keyType, 'rsa');
  const twelve = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
  await assert.rejects(tlsGet(gateway.port, 'e.test', twelve), /HANDSHAKE_FAILURE/);
});

test('the default certificate of the store for unknown names, before the first of the list', async () => {
  await using endpoint = await recordingEndpoint();
  const more = { defaultCertificate: selfSigned('store.test') };
  await using gateway = await startGateway({
    model: tlsModel(endpoint.port, [certificate], [fallback], {}, more),
  });
  assert.match((await tlsGet(gateway.port, 'unknown.test')).shown, /store\.test/);
  assert.match((await tlsGet(gateway.port, '')).shown, /store\.test/);
  assert.match((await tlsGet(gateway.port, 'a.test')).shown, /a\.test/);
});

test('sessions are resumed, and not without tickets', async () => {
  await using endpoint = await recordingEndpoint();
  const options = [fallback, tlsOptions('afresh@file', { sessionTickets: false })];
  const model = tlsModel(endpoint.port, [certificate], options, { 'a.test': 'afresh@file' });
  await using gateway = await startGateway({ model });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [name, resumed] of [
      ['a.test', false],
      ['b.test', true],
    ] as const) {
      let session: Buffer | undefined;
      using first = await tlsClient(gateway.port, name, { maxVersion });
      first.socket.on('session', (ticket) => {
        session = ticket;
      });
      await first.get(name);
      session ??= first.socket.getSession();
      assert.ok(session);
      // What does not change leaves sessions as they are.
      await gateway.plane.apply(model);
      const second = await tlsGet(gateway.port, name, { maxVersion, session });
      assert.equal(second.resumed, resumed, `${name} ${maxVersion}`);
    }
  }
});
