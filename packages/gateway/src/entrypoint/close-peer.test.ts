import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer, modelOf } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';
import {
  child,
  childUri,
  node,
  parent,
  parentUri,
  root,
  toUplink,
  uplinkClient,
  uplinkModel,
} from '../testing/uplinks.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

/** What a parent dials a child with. */
const dialling = (port: number) => ({
  services: [
    loadBalancer('leg', [endpointModel(port, { scheme: 'https' })], {
      requestHeaders: [['ficus-uplink', 'shop']],
      uplink: true,
    }),
  ],
  transport: {
    roots: [root.certificate],
    peerUri: childUri,
    certificate: parent,
    minVersion: 'TLSv1.3' as const,
  },
});

test('revoking a caller closes its connections with what is in flight', async () => {
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplinkClient(gateway.port);
  client.send(toUplink('shop'));
  await eventually(() => endpoint.seen() !== '', 'the request at the endpoint');
  await gateway.plane.patch({ kind: 'closePeer', uri: 'spiffe://mesh/parent/other' });
  assert.equal(client.closed, false);
  await gateway.plane.patch({ kind: 'closePeer', uri: parentUri });
  await client.untilClosed();
  await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s request to end');
});

test('revoking a node that is dialled closes idle connections and those in flight', async () => {
  const tls = {
    ...{ cert: child.cert, key: child.key, ca: [root.certificate], requestCert: true },
    ALPNProtocols: ['http/1.1'],
  };
  await using peer = await scriptedEndpoint(({ text, send }) => {
    if (!text().includes('/hang')) send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  }, tls);
  await using gateway = await startGateway({ model: modelOf(dialling(peer.port)) });
  assert.equal((await exchange(gateway.port, get)).status, 200);
  using client = await rawClient(gateway.port);
  client.send('POST /hang HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
  await eventually(() => peer.seen().includes('/hang'), 'the request at the peer');
  await gateway.plane.patch({ kind: 'closePeer', uri: childUri });
  assert.equal((await client.response('POST')).status, 502);
  await eventually(() => peer.sockets.size === 0, 'every connection to the peer to close');
});

test('a renewed certificate for dialling under load fails nothing, and new connections show it', async () => {
  await using endpoint = await recordingEndpoint();
  await using behind = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  await using gateway = await startGateway({ model: modelOf(dialling(behind.port)) });
  let running = true;
  const statuses: number[] = [];
  const load = Array.from({ length: 3 }, async () => {
    while (running) statuses.push((await exchange(gateway.port, get)).status);
  });
  for (let i = 1; i <= 5; i++) {
    await gateway.plane.patch({
      kind: 'transportCertificate',
      transport: ['default', 'internal'],
      certificate: node(parentUri),
      roots: [root.certificate],
    });
    await eventually(() => statuses.length > 20 * i, 'some load');
  }
  running = false;
  await Promise.all(load);
  assert.ok(statuses.every((status) => status === 200));
  // From here on the caller is another one, which the other gateway does not know.
  await gateway.plane.patch({
    kind: 'transportCertificate',
    transport: ['default', 'internal'],
    certificate: node('spiffe://mesh/parent/other'),
    roots: [root.certificate],
  });
  assert.equal(
    (await exchange(gateway.port, get)).status,
    403,
    'connections of the old certificate are not used again',
  );
});
