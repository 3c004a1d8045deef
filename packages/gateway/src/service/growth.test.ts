/** A further connection that can't be had costs nobody: who waits goes on waiting for a place on those there are. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { H2ServerPeer, h2Endpoint } from '../testing/h2-endpoint.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const { settings } = wire;

for (const what of ['refused', 'accepted and closed'] as const) {
  test(`an endpoint with room for one request, whose further connections are ${what}`, async () => {
    const held: number[] = [];
    let only: H2ServerPeer | undefined;
    let more = 0;
    const server = createServer({ noDelay: true }, (socket: Socket) => {
      socket.on('error', () => socket.destroy());
      if (only !== undefined) {
        more++;
        socket.destroy();
        return;
      }
      const peer = new H2ServerPeer(socket, 0, {});
      only = peer;
      socket.on('data', (chunk: Buffer) => peer.push(chunk));
      peer.onFrame = ({ type, stream }) => {
        if (type === wire.types.headers) held.push(stream);
      };
      if (what === 'refused') server.close();
      peer.send(wire.settingsFrame([[settings.maxConcurrentStreams, 1]]));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await using gateway = await startGateway({
        clock: new ManualClock(),
        services: [loadBalancer('s', [endpointModel(port, { scheme: 'h2c' })])],
      });
      using client = await H2Raw.connect(gateway.port);
      const ids = Array.from({ length: 5 }, () => client.open(pseudo('/x', 'POST')));
      for (let served = 0; served < ids.length; served++) {
        await eventually(() => held.length > served, `request ${served + 1} at the endpoint`);
        await client.roundTrip();
        only?.respond(held[served] as number);
      }
      for (const id of ids) assert.equal(statusOf(await client.outcome(id)), 200);
      if (what !== 'refused') assert.ok(more > 0, 'another connection was tried');
      assert.equal((await gateway.plane.stats()).services[0]?.failures, 0);
    } finally {
      only?.socket.destroy();
      server.close();
    }
  });
}

test('another connection is tried again after a second, though nothing has moved meanwhile', async () => {
  const clock = new ManualClock();
  let closes = false;
  await using endpoint = await h2Endpoint({
    silent: true,
    connected: (peer) => {
      if (closes) peer.socket.destroy();
      else peer.send(wire.settingsFrame([[settings.maxConcurrentStreams, 1]]));
    },
    whole: (peer, view) => {
      if (peer.index > 0) peer.respond(view.id);
    },
  });
  await using gateway = await startGateway({
    clock,
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port);
  client.open(pseudo('/held'));
  await eventually(() => endpoint.requests.length === 1, 'the request that stays');
  closes = true;
  const waits = client.open(pseudo('/waits'));
  await eventually(() => endpoint.peers[1]?.closed === true, 'another connection, closed');
  await client.roundTrip();
  closes = false;
  const later = client.open(pseudo('/waits'));
  for (let i = 0; i < 3; i++) await client.roundTrip();
  assert.equal(endpoint.peers.length, 2, 'not at once');
  await eventually(() => {
    clock.advance(100);
    return client.stream(waits).ended && client.stream(later).ended;
  }, 'both answers');
  for (const id of [waits, later]) assert.equal(statusOf(client.stream(id)), 200);
});
