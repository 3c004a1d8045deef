/** DATA of streams that wait for the same connection leaves in turns of one frame of at most 16 KiB. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { fieldOf } from '../testing/h2-peer.ts';
import { H2Raw, pseudo } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const { settings, types } = wire;
const frameBytes = 16_384;
const wide = 10_000_000;

test('three bodies that wait take turns, and a small one behind them waits for one frame of each', async () => {
  await using endpoint = await h2Endpoint({
    whole: (peer, view) => {
      const bytes = Number(fieldOf(view, ':path').slice(1));
      peer.headers(view.id, [[':status', '200']], false);
      for (let left = bytes; left > 0; left -= frameBytes)
        peer.send(wire.data(view.id, Buffer.alloc(Math.min(left, frameBytes)), left <= frameBytes));
    },
  });
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port, {
    credits: false,
    settings: [[settings.initialWindowSize, wide]],
  });
  // Uses up the connection's window, so that whatever comes now waits.
  const first = client.open(pseudo('/65535'));
  await client.outcome(first);
  const large = ['/200000', '/200000', '/200000'].map((path) => client.open(pseudo(path)));
  for (const id of large) await client.until(() => client.stream(id).blocks.length === 1, 'a head');
  const small = client.open(pseudo('/100'));
  await client.until(() => client.stream(small).blocks.length === 1, 'the last head');
  // All of them have come to the gateway: nothing but the client's window holds them.
  await endpoint.peers[0]?.roundTrip();
  const before = client.frames.length;
  client.send(wire.windowUpdate(0, wide));
  for (const id of [small, ...large]) await client.outcome(id);
  const data = client.frames.slice(before).filter(({ type }) => type === types.data);
  assert.ok(data.every(({ payload }) => payload.length <= frameBytes));
  const order = data.map(({ stream }) => stream);
  assert.deepEqual(order.slice(0, 4), [...large, small], 'one frame each, first come first');
  const turns = order.slice(4, 4 + 3 * 11);
  assert.deepEqual(
    turns,
    turns.map((_, i) => large[i % 3]),
    'and so on, however much of each is there',
  );
});
