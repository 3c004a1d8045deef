/** Who may use an uplink changes while connections are open: HTTP/2 connections learn it too. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { within } from '../testing/eventually.ts';
import { startGateway, type TestGateway } from '../testing/gateway.ts';
import { fieldOf } from '../testing/h2-peer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { child, node, parent, parentUri, root, uplinkModel } from '../testing/uplinks.ts';

const { types, settings } = wire;
const otherUri = 'spiffe://mesh/parent/other';

/** A parent's HTTP/2 connection. */
async function uplink(port: number): Promise<H2Raw> {
  const socket = connect({
    ...{ host: '127.0.0.1', port, ca: [root.certificate], ALPNProtocols: ['h2'], ...parent },
    checkServerIdentity: () => undefined,
  });
  const client = new H2Raw(socket);
  socket.on('data', (chunk: Buffer) => client.push(chunk));
  await within(once(socket, 'secureConnect'), 'the handshake');
  client.send(wire.preface, wire.settingsFrame([[settings.enablePush, 0]]));
  await client.nextFrame(({ type }) => type === types.settings);
  return client;
}

const ask = (client: H2Raw, path = '/') =>
  client.outcome(client.open([...pseudo(path), ['ficus-uplink', 'shop']]));

const allow = (gateway: TestGateway, peers: readonly string[], certificate = child) =>
  gateway.plane.patch({
    ...{ kind: 'uplinkIdentity', entryPoint: 'web', certificate, roots: [root.certificate], peers },
  });

test('a forbidden parent is told so and its connection closed, and once allowed it is served', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({
    model: uplinkModel({ ports: [endpoint.port], peers: [otherUri] }),
  });
  using before = await uplink(gateway.port);
  const refused = await ask(before);
  assert.equal(statusOf(refused), 403);
  assert.equal(fieldOf(refused, 'ficus-error'), 'uplink.forbidden');
  await before.nextFrame(({ type }) => type === types.goaway);
  await before.untilClosed();
  await allow(gateway, [parentUri]);
  using after = await uplink(gateway.port);
  assert.equal(statusOf(await ask(after)), 200);
});

test('a parent that connected before it was allowed, and asked nothing, connects again', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({
    model: uplinkModel({ ports: [endpoint.port], peers: [otherUri] }),
  });
  using before = await uplink(gateway.port);
  await before.roundTrip();
  await allow(gateway, [otherUri, parentUri]);
  await before.untilClosed();
  using after = await uplink(gateway.port);
  assert.equal(statusOf(await ask(after)), 200);
});

test('a parent that is no longer allowed is cut; one that still is stays', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplink(gateway.port);
  assert.equal(statusOf(await ask(client)), 200);
  await allow(gateway, [otherUri, parentUri]);
  assert.equal(statusOf(await ask(client)), 200, 'nothing of its own has changed');
  await allow(gateway, [otherUri]);
  await client.untilClosed();
});

test('with a renewed certificate a connection says goodbye and its requests are served', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplink(gateway.port);
  assert.equal(statusOf(await ask(client)), 200);
  await allow(gateway, [parentUri], node('spiffe://mesh/child/vm-1'));
  await client.nextFrame(({ type }) => type === types.goaway);
  assert.equal(client.closed, false);
});
