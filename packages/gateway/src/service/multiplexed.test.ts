/** How many HTTP/2 connections there are to an endpoint, and who waits for room on them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransportModel } from '../model/model.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { type H2EndpointOptions, type H2ServerPeer, h2Endpoint } from '../testing/h2-endpoint.ts';
import { block, type Field } from '../testing/h2-hpack-writer.ts';
import { fieldOf } from '../testing/h2-peer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, limits, loadBalancer } from '../testing/models.ts';

const { types, flags, settings } = wire;

interface Scene {
  readonly peers: readonly H2ServerPeer[];
  readonly client: H2Raw;
  readonly clock: ManualClock;
}

/** A client before a gateway before an h2c endpoint. */
async function scene(
  options: H2EndpointOptions,
  run: (scene: Scene) => Promise<void>,
  transport: Partial<TransportModel> = {},
): Promise<void> {
  const clock = new ManualClock();
  await using endpoint = await h2Endpoint(options);
  await using gateway = await startGateway({
    clock,
    transport,
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
    limits: { http2: { ...limits.http2, maxConcurrentStreams: 1000, maxPingsPerSecond: 0 } },
  });
  using client = await H2Raw.connect(gateway.port);
  await run({ peers: endpoint.peers, client, clock });
}

/** Requests to `/held` stay open. */
const unlessHeld: H2EndpointOptions['whole'] = (peer, view) => {
  if (fieldOf(view, ':path') !== '/held') peer.respond(view.id);
};
const heads = (peer: H2ServerPeer | undefined) =>
  peer?.frames.filter(({ type }) => type === types.headers).length ?? 0;

test('a second connection is opened when the first is four fifths full, and not before', async () => {
  const options = { settings: [[settings.maxConcurrentStreams, 10]], whole: unlessHeld } as const;
  await scene(options, async ({ peers, client }) => {
    for (let i = 0; i < 8; i++) client.open(pseudo('/held'));
    assert.equal(statusOf(await client.get('/ninth')), 200);
    assert.equal(heads(peers[0]), 9, 'eight streams are open, and this one went there too');
    // Two places are left on the first; whoever comes now may take one, but another connection is on its way.
    for (let i = 0; i < 200 && heads(peers[1]) === 0; i++) await client.get('/more');
    assert.equal(peers.length, 2);
  });
  await scene(options, async ({ peers, client }) => {
    for (let i = 0; i < 7; i++) client.open(pseudo('/held'));
    for (let i = 0; i < 20; i++) assert.equal(statusOf(await client.get('/more')), 200);
    assert.equal(peers.length, 1);
  });
});

test('an endpoint that takes no streams is dialled once, and its waiter is served when it takes one', async () => {
  await scene({ settings: [[settings.maxConcurrentStreams, 0]] }, async ({ peers, client }) => {
    const first = client.open(pseudo('/first'));
    await client.roundTrip();
    await eventually(() => peers.length > 0, 'a connection');
    await peers[0]?.roundTrip();
    const second = client.open(pseudo('/second'));
    for (let i = 0; i < 5; i++) {
      await client.roundTrip();
      await peers[0]?.roundTrip();
    }
    assert.equal(peers.length, 1, 'not again and again');
    peers[0]?.send(wire.settingsFrame([[settings.maxConcurrentStreams, 10]]));
    assert.equal(statusOf(await client.outcome(first)), 200);
    assert.equal(statusOf(await client.outcome(second)), 200);
    assert.equal(peers.length, 1);
  });
});

test('who waits for a place gets the one that SETTINGS open', async () => {
  const options = { settings: [[settings.maxConcurrentStreams, 1]], whole: unlessHeld } as const;
  await scene(options, async ({ peers, client }) => {
    client.open(pseudo('/held'));
    await eventually(() => heads(peers[0]) > 0, 'the held request');
    // A second connection is dialled for these; the first to have room serves them.
    const ids = [1, 2, 3].map(() => client.open(pseudo('/x')));
    for (const peer of peers) peer.send(wire.settingsFrame([[settings.maxConcurrentStreams, 10]]));
    for (const id of ids) assert.equal(statusOf(await client.outcome(id)), 200);
  });
});

test('seventy connections that are leaving, each with a stream that stays, lock nobody out', async () => {
  const head: H2EndpointOptions['head'] = (peer, view) => {
    if (fieldOf(view, ':path') === '/held') return;
    peer.respond(view.id);
    peer.send(wire.goaway(view.id));
  };
  await scene({ head }, async ({ peers, client }) => {
    for (let i = 1; i <= 70; i++) {
      client.open(pseudo('/held'));
      await eventually(() => heads(peers[i - 1]) > 0, `connection ${i}`);
      assert.equal(statusOf(await client.get('/x')), 200, `connection ${i}`);
      await peers[i - 1]?.roundTrip();
    }
    assert.equal(peers.length, 70);
    assert.equal(statusOf(await client.get('/x')), 200);
  });
});

test('two tunnels in one turn and room for one: the other waits for a place', async () => {
  const tunnels: [peer: H2ServerPeer, id: number][] = [];
  const options: H2EndpointOptions = {
    settings: [
      [settings.enableConnectProtocol, 1],
      [settings.maxConcurrentStreams, 1],
    ],
    head: (peer, view) => {
      if (fieldOf(view, ':path') === '/ok') {
        peer.respond(view.id);
        return;
      }
      peer.headers(view.id, [[':status', '200']], false);
      tunnels.push([peer, view.id]);
    },
  };
  await scene(options, async ({ client }) => {
    assert.equal(statusOf(await client.get('/ok')), 200);
    const websocket: readonly Field[] = [...pseudo('/ws', 'CONNECT'), [':protocol', 'websocket']];
    const ids = [client.takeId(), client.takeId()] as const;
    const open = (id: number) => wire.frame(types.headers, flags.endHeaders, id, block(websocket));
    client.send(Buffer.concat(ids.map(open)));
    for (const id of ids)
      await client.until(
        () => client.stream(id).blocks.length > 0 || client.stream(id).ended,
        `tunnel ${id}`,
      );
    for (const id of ids) assert.equal(statusOf(client.stream(id)), 200);
    assert.equal(tunnels.length, 2);
  });
});
