import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer, modelOf } from '../testing/models.ts';
import { exchange, rawClient, rawTlsClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const first = selfSigned('a.test');
const wild = selfSigned('*.b.test');

test('certificates by SNI: exact, wildcard of one label, the first for any other name', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], certificates: [first, wild] });
  for (const [servername, ca] of [
    ['a.test', first],
    ['x.b.test', wild],
  ] as const) {
    using client = await rawTlsClient(gateway.port, { ca: ca.cert, servername });
    client.send(get);
    assert.equal((await client.response()).status, 200);
  }
  for (const servername of ['unknown.test', 'x.y.b.test']) {
    await assert.rejects(rawTlsClient(gateway.port, { ca: first.cert, servername }));
  }
});

test('certificates are replaced without dropping a connection', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], certificates: [first] });
  using old = await rawTlsClient(gateway.port, { ca: first.cert, servername: 'a.test' });
  old.send(get);
  assert.equal((await old.response()).status, 200);
  const second = selfSigned('a.test');
  await gateway.plane.apply(modelOf({ ports: [endpoint.port], certificates: [second] }));
  old.send(get);
  assert.equal((await old.response()).status, 200);
  using fresh = await rawTlsClient(gateway.port, { ca: second.cert, servername: 'a.test' });
  fresh.send(get);
  assert.equal((await fresh.response()).status, 200);
  assert.equal((fresh.socket as TLSSocket).alpnProtocol, false);
});

test('a certificate that does not load changes nothing', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], certificates: [first] });
  const bad = { ...first, key: wild.key };
  await assert.rejects(gateway.plane.apply(modelOf({ ports: [], certificates: [bad] })));
  using client = await rawTlsClient(gateway.port, { ca: first.cert, servername: 'a.test' });
  client.send(get);
  assert.equal((await client.response()).status, 200);
});

test('cleartext on a TLS entrypoint is counted and closed', async () => {
  await using gateway = await startGateway({ ports: [], certificates: [first] });
  using client = await rawClient(gateway.port);
  client.send(get);
  await client.untilClosed();
  assert.equal((await gateway.plane.stats()).refusals['tls.handshake'], 1);
});

test('a TLS endpoint that breaks off mid-body breaks the client off', async () => {
  await using endpoint = await scriptedEndpoint(
    (peer) => {
      peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      setTimeout(() => peer.socket.destroy(), 20);
    },
    { cert: first.cert, key: first.key },
  );
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'https' })])],
    transport: { roots: [first.cert], serverName: 'a.test' },
  });
  using client = await rawClient(gateway.port);
  client.send(get);
  await client.untilClosed();
  assert.match(client.received.toString(), /half$/);
  assert.equal(client.cleanEnd && client.error === '', false);
  await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
});

test('an endpoint with a certificate nobody vouches for: 502', async () => {
  await using endpoint = await scriptedEndpoint(() => undefined, { cert: first.cert, key: first.key });
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'https' })])],
    transport: { roots: [wild.cert], serverName: 'a.test' },
  });
  const response = await exchange(gateway.port, get);
  assert.equal(JSON.parse(response.body.toString()).code, 'endpoint.tls');
  assert.equal(endpoint.seen(), '');
});
