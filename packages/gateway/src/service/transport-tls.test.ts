import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { makeCertificate, makeTestRoot } from '@ficus/pki/testing/certificates.ts';
import type { TransportModel } from '../model/model.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';
import { exchange } from '../testing/raw-client.ts';

const root = makeTestRoot();
const shown = makeCertificate({
  issuer: root,
  uris: ['spiffe://mesh/orders', 'https://id.test/a'],
  dnsNames: ['orders.test', '*.wild.test'],
  commonName: 'common.test',
});
const client = makeCertificate({ issuer: root, uris: [], commonName: 'ec client' });
const rsaClient = makeCertificate({
  issuer: root,
  uris: [],
  commonName: 'rsa client',
  keys: generateKeyPairSync('rsa', { modulusLength: 2048 }),
});
const trusted: Partial<TransportModel> = { roots: [root.certificate], serverName: 'orders.test' };

/** An HTTPS endpoint that answers with what it saw of the handshake. */
async function httpsEndpoint(options: ServerOptions): Promise<{ port: number } & Disposable> {
  const server: Server = createServer(
    { cert: shown.certificate, key: shown.key, ...options },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = socket.getPeerX509Certificate()?.subject ?? 'none';
      response.end(`${socket.getProtocol()} ${socket.getCipher().standardName} ${name}`);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Status and body of a request through a gateway that dials `port` with `transport`. */
async function through(port: number, transport: Partial<TransportModel>): Promise<string> {
  const services = [loadBalancer('s', [endpointModel(port, { scheme: 'https' })])];
  await using gateway = await startGateway({ services, transport });
  let why = '';
  gateway.plane.onEndpointFailure(({ message }) => {
    why = message;
  });
  const { status, body } = await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  if (status === 200) return body.toString();
  return `${status} ${JSON.parse(body.toString()).code} ${why}`;
}

test('an endpoint that wants a client certificate', async () => {
  using endpoint = await httpsEndpoint({
    requestCert: true,
    rejectUnauthorized: true,
    ca: [root.certificate],
    maxVersion: 'TLSv1.2',
  });
  const certificate = { cert: client.certificate, key: client.key };
  assert.match(await through(endpoint.port, { ...trusted, certificate }), /CN=ec client$/);
  assert.match(await through(endpoint.port, trusted), /^502 endpoint\.tls/);
  const foreign = makeCertificate({ uris: [] });
  const wrong = { cert: foreign.certificate, key: foreign.key };
  assert.match(await through(endpoint.port, { ...trusted, certificate: wrong }), /^502 endpoint/);
});

test('client certificates of two types of key: the first, and with TLS 1.3 the one the endpoint can do', async () => {
  const certificate = { cert: client.certificate, key: client.key };
  const otherCertificates = [{ cert: rsaClient.certificate, key: rsaClient.key }];
  const asks = { requestCert: true, ca: [root.certificate] };
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    using ec = await httpsEndpoint({ ...asks, maxVersion });
    assert.match(await through(ec.port, { ...trusted, certificate, otherCertificates }), /CN=ec client$/);
    const rsaServer = makeCertificate({
      issuer: root,
      dnsNames: ['orders.test'],
      uris: [],
      keyUsage: 0xa0,
      keys: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    });
    using rsa = await httpsEndpoint({
      ...asks,
      maxVersion,
      cert: rsaServer.certificate,
      key: rsaServer.key,
      sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256',
    });
    const wanted = maxVersion === 'TLSv1.3' ? /CN=rsa client$/ : /^502 endpoint\.tls/;
    assert.match(await through(rsa.port, { ...trusted, certificate, otherCertificates }), wanted);
  }
});

test('versions and cipher suites', async () => {
  using old = await httpsEndpoint({ maxVersion: 'TLSv1.2' });
  assert.match(await through(old.port, trusted), /^TLSv1\.2/);
  assert.match(await through(old.port, { ...trusted, minVersion: 'TLSv1.3' }), /^502 endpoint\.tls/);
  using both = await httpsEndpoint({});
  assert.match(await through(both.port, trusted), /^TLSv1\.3/);
  const ciphers = ['ECDHE-ECDSA-CHACHA20-POLY1305'];
  assert.equal(
    await through(both.port, { ...trusted, maxVersion: 'TLSv1.2', ciphers }),
    'TLSv1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 none',
  );
  assert.match(await through(both.port, { ...trusted, ciphers }), /^TLSv1\.3/);
  const rsaOnly = { ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'], maxVersion: 'TLSv1.2' } as const;
  assert.match(await through(both.port, { ...trusted, ...rsaOnly }), /^502 endpoint\.tls/);
});

const uri = (value: string) => ({ kind: 'uri', value }) as const;
const dns = (value: string) => ({ kind: 'dns', value }) as const;

test('names the endpoint must carry: one is enough, and its host is not looked at', async () => {
  using endpoint = await httpsEndpoint({});
  // Dialled as 127.0.0.1, which the certificate is not for.
  const roots = [root.certificate];
  assert.match(await through(endpoint.port, { roots }), /^502 endpoint\.tls ERR_TLS_CERT_ALTNAME_INVALID/);
  for (const peerNames of [
    [uri('spiffe://mesh/orders')],
    [uri('https://id.test/a')],
    [dns('Orders.test')],
    [dns('a.wild.test')],
    [uri('spiffe://mesh/nobody'), dns('other.test'), dns('orders.test')],
  ])
    assert.match(await through(endpoint.port, { roots, peerNames }), /^TLSv1\.3/, JSON.stringify(peerNames));
  for (const peerNames of [
    [uri('spiffe://mesh/orders/')],
    [uri('spiffe://mesh')],
    [uri('orders.test')],
    [dns('spiffe://mesh/orders')],
    [dns('a.b.wild.test')],
    [dns('common.test')],
    [dns('other.test'), uri('spiffe://mesh/nobody')],
  ])
    assert.match(
      await through(endpoint.port, { roots, peerNames }),
      /^502 endpoint\.tls identity\.unexpected-peer: expected \S+( or \S+)?, found spiffe:\/\/mesh\/orders, https:\/\/id\.test\/a, orders\.test/,
      JSON.stringify(peerNames),
    );
});

test('a name counts only in a certificate that somebody vouches for', async () => {
  using endpoint = await httpsEndpoint({});
  const peerNames = [uri('spiffe://mesh/orders')];
  const answer = await through(endpoint.port, {
    insecureSkipVerify: true,
    peerNames,
    roots: [client.certificate],
  });
  assert.match(answer, /^502 endpoint\.tls UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
  assert.match(await through(endpoint.port, { insecureSkipVerify: true }), /^TLSv1\.3/);
});

test('an endpoint without any name', async () => {
  const bare = makeCertificate({ issuer: root, uris: [], dnsNames: [], commonName: 'orders.test' });
  using endpoint = await httpsEndpoint({ cert: bare.certificate, key: bare.key });
  const answer = await through(endpoint.port, { roots: [root.certificate], peerNames: [dns('orders.test')] });
  assert.match(answer, /expected orders\.test, found no name$/);
});
