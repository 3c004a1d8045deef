import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../model/model.ts';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { modelOf, prefixRouter } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';
import { tlsClient, tlsGet, tlsOptions } from '../testing/tls-client.ts';

const certificate = selfSigned('a.test');
const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** One router with TLS and one without, each there or not. */
function model(port: number, speaks: 'clear' | 'tls' | 'both', more: object = {}): Model {
  const base = modelOf({ ports: [port], certificates: [certificate] });
  const terms = { clear: { tls: false }, tls: { tls: true }, both: { tls: true, clear: true } }[speaks];
  const router = (tls: boolean) => ({ ...prefixRouter('/', 0, tls), name: [`${tls}`, 'file'] as const });
  return {
    ...base,
    entryPoints: base.entryPoints.map((each) => ({ ...each, ...terms, ...more })),
    routers: [...(speaks === 'clear' ? [] : [router(true)]), ...(speaks === 'tls' ? [] : [router(false)])],
  };
}

const clearStatus = async (port: number): Promise<number> => (await exchange(port, get)).status;

test('one port for both: what begins with TLS meets the routers with tls, the rest those without', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: model(endpoint.port, 'both') });
  assert.equal(await clearStatus(gateway.port), 200);
  assert.ok(endpoint.requests.at(-1)?.rawHeaders.includes('http'));
  assert.equal((await tlsGet(gateway.port, 'a.test')).status, 200);
  assert.ok(endpoint.requests.at(-1)?.rawHeaders.includes('https'));
  // Byte by byte, several on one connection, and HTTP/2 in the clear.
  using client = await rawClient(gateway.port);
  for (const byte of get) client.send(byte);
  assert.equal((await client.response()).status, 200);
  client.send(get);
  assert.equal((await client.response()).status, 200);
  using h2 = await tlsClient(gateway.port, 'a.test', { ALPNProtocols: ['h2'] });
  assert.equal(h2.socket.alpnProtocol, 'h2');
});

test('one port for both, with several TLS options: they are nothing to who comes in the clear', async () => {
  await using endpoint = await recordingEndpoint();
  const tlsHosts = { hosts: [['a.test', 1] as const], others: 0 };
  const tls = { options: [tlsOptions('default'), tlsOptions('own@file', { minVersion: 'TLSv1.3' })] };
  await using gateway = await startGateway({ model: { ...model(endpoint.port, 'both', { tlsHosts }), tls } });
  assert.equal(await clearStatus(gateway.port), 200);
  assert.equal((await tlsGet(gateway.port, 'a.test')).protocol, 'TLSv1.3');
  await assert.rejects(tlsGet(gateway.port, 'a.test', { maxVersion: 'TLSv1.2' }), /PROTOCOL_VERSION/);
  using client = await tlsClient(gateway.port, 'b.test');
  assert.equal((await client.get('a.test')).status, 421);
});

test('the same behind a PROXY header', async () => {
  await using endpoint = await recordingEndpoint();
  const proxyProtocol = { insecure: true, trustedIPs: [] };
  await using gateway = await startGateway({ model: model(endpoint.port, 'both', { proxyProtocol }) });
  const header = 'PROXY TCP4 192.0.2.7 198.51.100.1 12345 443\r\n';
  for (const pieces of [[header + get], [header, get]]) {
    using client = await rawClient(gateway.port);
    for (const piece of pieces) {
      client.send(piece);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal((await client.response()).status, 200);
    assert.ok(endpoint.requests.at(-1)?.rawHeaders.includes('192.0.2.7'));
  }
});

test('a router with tls never takes a request in the clear, nor the other way round, whatever comes by a reload', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: model(endpoint.port, 'clear') });
  using kept = await rawClient(gateway.port);
  kept.send(get);
  assert.equal((await kept.response()).status, 200);
  await assert.rejects(tlsGet(gateway.port, 'a.test'));

  await gateway.plane.apply(model(endpoint.port, 'tls'));
  kept.send(get);
  assert.equal((await kept.response()).status, 404);
  using refused = await rawClient(gateway.port);
  refused.send(get);
  await refused.untilClosed();
  assert.equal(refused.received.length, 0);
  using secure = await tlsClient(gateway.port, 'a.test');
  assert.equal((await secure.get('a.test')).status, 200);

  await gateway.plane.apply(model(endpoint.port, 'both'));
  assert.equal(await clearStatus(gateway.port), 200);
  assert.equal((await secure.get('a.test')).status, 200);

  await gateway.plane.apply(model(endpoint.port, 'clear'));
  assert.equal((await secure.get('a.test')).status, 404);
  assert.equal(await clearStatus(gateway.port), 200);
  await assert.rejects(tlsGet(gateway.port, 'a.test'));
});

test('who says nothing is let go after the time for a head; a gateway that ends waits for nobody', async () => {
  const clock = new ManualClock();
  const gateway = await startGateway({ model: model(1, 'both'), clock });
  using silent = await rawClient(gateway.port);
  using left = await rawClient(gateway.port);
  left.socket.end();
  await left.untilClosed();
  clock.advance(10_500);
  await silent.untilClosed();
  using waiting = await rawClient(gateway.port);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await gateway[Symbol.asyncDispose]();
  await waiting.untilClosed();
});
