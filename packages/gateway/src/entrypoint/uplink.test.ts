import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { makeTestRoot } from '@ficus/pki/testing/certificates.ts';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway, type TestGateway } from '../testing/gateway.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { RawClient } from '../testing/raw-client.ts';
import {
  child,
  childUri,
  node,
  parentUri,
  root,
  toUplink,
  uplinkClient,
  uplinkModel,
} from '../testing/uplinks.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

/** Sends `request` and reads status and error code of the answer. */
async function asked(client: RawClient, request: string): Promise<[number, string | undefined]> {
  client.send(request);
  const { status, headers } = await client.response();
  return [status, headers['ficus-error']];
}

async function handshakesRefused(gateway: TestGateway): Promise<number> {
  return (await gateway.plane.stats()).refusals['tls.handshake'] ?? 0;
}

test('the header chooses the uplink and goes no further', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplinkClient(gateway.port);
  assert.deepEqual(await asked(client, toUplink('shop', '/a')), [200, undefined]);
  assert.equal((client.socket as TLSSocket).getProtocol(), 'TLSv1.3');
  const [request] = endpoint.requests;
  assert.equal(request?.url, '/a');
  assert.doesNotMatch(request?.rawHeaders.join('\n') ?? '', /ficus-uplink/i);
});

test('without the header 400, for an unknown uplink 404, with the code for the other gateway', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplinkClient(gateway.port);
  assert.deepEqual(await asked(client, toUplink('nothing')), [404, 'uplink.unknown']);
  assert.deepEqual(await asked(client, get), [400, 'uplink.header-missing']);
  assert.equal(endpoint.requests.length, 0);
});

test('a node of the mesh that is not a peer: 403 and counted', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplinkClient(gateway.port, node('spiffe://mesh/child/vm-2'));
  assert.deepEqual(await asked(client, toUplink('shop')), [403, 'uplink.forbidden']);
  await client.untilClosed();
  assert.equal(endpoint.requests.length, 0);
  assert.equal((await gateway.plane.stats()).refusals['uplink.forbidden'], 1);
});

const stranger = makeTestRoot({ commonName: 'another root' });
for (const [why, as] of [
  ['no certificate', {}],
  ['a certificate of another authority', node(parentUri, { issuer: stranger })],
  ['an expired certificate', node(parentUri, { notAfter: Date.now() - 1000 })],
  ['a certificate that is not valid yet', node(parentUri, { notBefore: Date.now() + 60_000 })],
] as const) {
  test(`${why} is refused in the handshake and counted`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
    using client = await uplinkClient(gateway.port, as);
    client.send(toUplink('shop'));
    await client.untilClosed();
    assert.equal(client.received.length, 0);
    assert.equal(endpoint.accepted, 0);
    assert.equal(await handshakesRefused(gateway), 1);
  });
}

test('TLS 1.2 is refused', async () => {
  await using gateway = await startGateway({ model: uplinkModel({ ports: [] }) });
  await assert.rejects(uplinkClient(gateway.port, undefined, { maxVersion: 'TLSv1.2' }), {
    code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  });
  assert.equal(await handshakesRefused(gateway), 1);
});

test('a live connection ends with its peer’s certificate', async () => {
  // The gateway's clock says 2023; what is valid now by the handshake's clock expires when a test says so.
  const clock = new ManualClock();
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ clock, model: uplinkModel({ ports: [endpoint.port] }) });
  const notAfter = Date.now() + 60_000;
  using client = await uplinkClient(gateway.port, node(parentUri, { notAfter }));
  assert.deepEqual(await asked(client, toUplink('shop')), [200, undefined]);
  Object.assign(clock, { now: () => notAfter - 2000 });
  clock.advance(1000);
  assert.deepEqual(await asked(client, toUplink('shop')), [200, undefined]);
  Object.assign(clock, { now: () => notAfter + 1000 });
  clock.advance(1000);
  await client.untilClosed();
});

const identity = (peers: readonly string[], certificate = child) =>
  ({ kind: 'uplinkIdentity', entryPoint: 'web', certificate, roots: [root.certificate], peers }) as const;

test('a renewed certificate: live connections stay, new ones see it', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using old = await uplinkClient(gateway.port);
  await asked(old, toUplink('shop'));
  await gateway.plane.patch(identity([parentUri], node(childUri)));
  using fresh = await uplinkClient(gateway.port);
  for (const client of [old, fresh])
    assert.deepEqual(await asked(client, toUplink('shop')), [200, undefined]);
  const [before, after] = [old, fresh].map(
    (client) => (client.socket as TLSSocket).getPeerX509Certificate()?.serialNumber,
  );
  assert.notEqual(before, after);
});

test('a peer that is removed loses its live connections, whatever is in flight; another keeps its own', async () => {
  const other = 'spiffe://mesh/parent/other';
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({
    model: uplinkModel({ ports: [endpoint.port], peers: [parentUri, other] }),
  });
  using removed = await uplinkClient(gateway.port);
  using kept = await uplinkClient(gateway.port, node(other));
  removed.send(toUplink('shop'));
  kept.send(toUplink('shop'));
  await eventually(() => endpoint.sockets.size === 2, 'both requests');
  await gateway.plane.patch(identity([other]));
  await removed.untilClosed();
  assert.equal(removed.received.length, 0);
  await eventually(() => endpoint.sockets.size === 1, 'the request of the removed peer to end');
  assert.equal(kept.closed, false);
  using again = await uplinkClient(gateway.port);
  assert.deepEqual(await asked(again, toUplink('shop')), [403, 'uplink.forbidden']);
});
