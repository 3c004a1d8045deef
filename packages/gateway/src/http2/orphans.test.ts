/** A response that is whole here belongs to whoever reads it, however slowly, and whatever becomes of its stream or connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../testing/gateway.ts';
import { type H2ServerPeer, h2Endpoint } from '../testing/h2-endpoint.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const bytes = 300_000;
const trailer = [['x-sum', '1']] as const;

const endings: Record<string, (peer: H2ServerPeer, id: number) => void> = {
  'RST_STREAM NO_ERROR': (peer, id) => peer.send(wire.rst(id, wire.errors.none)),
  FIN: (peer) => peer.socket.end(),
  'GOAWAY and FIN': (peer, id) => {
    peer.send(wire.goaway(id));
    peer.socket.end();
  },
  'GOAWAY of nothing processed': (peer) => peer.send(wire.goaway(0)),
  reset: (peer) => peer.socket.resetAndDestroy(),
};

for (const [how, finish] of Object.entries(endings)) {
  test(`a whole answer outlives ${how}`, async () => {
    await using endpoint = await h2Endpoint({
      head: (peer, view) => {
        peer.headers(view.id, [[':status', '200']], false);
        for (let left = bytes; left > 0; left -= 10_000)
          peer.send(wire.data(view.id, Buffer.alloc(10_000, 'x')));
        peer.headers(view.id, trailer, true);
      },
    });
    await using gateway = await startGateway({
      services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
    });
    using client = await H2Raw.connect(gateway.port, { credits: false });
    // Its request is not over: the answer is early.
    const id = client.open(pseudo('/', 'POST'), false);
    await client.until(() => client.stream(id).body.length === 65_535, 'what the window takes');
    const peer = endpoint.peers[0] as H2ServerPeer;
    await peer.roundTrip();
    finish(peer, 1);
    if (how === 'FIN' || how === 'reset') await peer.untilClosed();
    // Another stream is served: the gateway has seen what became of the first.
    client.send(wire.windowUpdate(0, 1000));
    const other = client.open();
    await client.until(() => client.stream(other).blocks.length > 0, 'another answer');
    client.send(wire.windowUpdate(id, bytes), wire.windowUpdate(0, 2 * bytes));
    const view = await client.outcome(id);
    assert.equal(statusOf(view), 200);
    assert.equal(view.body.length, bytes);
    assert.deepEqual(view.blocks[1], trailer);
    assert.ok(view.ended);
  });
}

test('an answer that is not whole is broken off, for nobody must take it for the whole', async () => {
  await using endpoint = await h2Endpoint({
    head: (peer, view) => {
      peer.headers(view.id, [[':status', '200']], false);
      for (let i = 0; i < 20; i++) peer.send(wire.data(view.id, Buffer.alloc(10_000, 'x')));
    },
  });
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port, { credits: false });
  const id = client.open();
  await client.until(() => client.stream(id).body.length === 65_535, 'what the window takes');
  endpoint.peers[0]?.socket.end();
  client.send(wire.windowUpdate(0, bytes));
  const view = await client.outcome(id);
  assert.equal(view.ended, false);
  assert.equal(view.reset, wire.errors.internal);
});

test('a client that leaves takes its orphan along', async () => {
  await using endpoint = await h2Endpoint({
    head: (peer, view) => {
      peer.headers(view.id, [[':status', '200']], false);
      for (let i = 1; i <= 30; i++) peer.send(wire.data(view.id, Buffer.alloc(10_000, 'x'), i === 30));
    },
  });
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port, { credits: false });
  const id = client.open();
  await client.until(() => client.stream(id).body.length === 65_535, 'what the window takes');
  await endpoint.peers[0]?.roundTrip();
  endpoint.peers[0]?.socket.end();
  await endpoint.peers[0]?.untilClosed();
  client.send(wire.rst(id));
  await client.roundTrip();
  assert.equal((await gateway.plane.stats()).requests.inFlight, 0);
  assert.equal(client.stream(id).reset, undefined);
});
