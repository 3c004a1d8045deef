/** Which of a client's deadlines run for a request over HTTP/2, and that peers that vanish are noticed. */
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, limits, loadBalancer } from '../testing/models.ts';

const h2c = (port: number) => [loadBalancer('s', [endpointModel(port, { scheme: 'h2c' })])];

async function pass(clock: ManualClock, client: H2Raw, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 500) {
    clock.advance(500);
    await client.roundTrip();
  }
}

test('readTimeout is for the request: one that is whole may be answered for as long as it takes', async () => {
  const clock = new ManualClock();
  await using endpoint = await h2Endpoint({
    head: (peer, view) => {
      peer.headers(view.id, [[':status', '200']], false);
      peer.send(wire.data(view.id, 'first'));
    },
  });
  const readTimeoutMs = 2000;
  await using gateway = await startGateway({
    services: h2c(endpoint.port),
    limits: { readTimeoutMs },
    clock,
  });
  using client = await H2Raw.connect(gateway.port);
  const get = client.open(pseudo('/get'));
  const post = client.open(pseudo('/post', 'POST'), false);
  client.send(wire.data(post, 'all of it', true));
  for (const id of [get, post])
    await client.until(() => client.stream(id).body.length === 5, 'the first bytes');
  await pass(clock, client, 4000);
  const [peer] = endpoint.peers;
  for (const { id } of peer?.streams.values() ?? []) if (id > 0) peer?.send(wire.data(id, ' last', true));
  for (const id of [get, post]) assert.equal(String((await client.outcome(id)).body), 'first last');
});

test('and one that is not whole by then is 408', async () => {
  const clock = new ManualClock();
  await using endpoint = await h2Endpoint({ head: () => undefined });
  const readTimeoutMs = 2000;
  await using gateway = await startGateway({
    services: h2c(endpoint.port),
    limits: { readTimeoutMs },
    clock,
  });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(pseudo('/', 'POST'), false);
  await pass(clock, client, 3000);
  assert.equal(statusOf(await client.outcome(id)), 408);
});

test('TCP itself looks after both sides of every HTTP/2 connection', async (t) => {
  const asked = t.mock.method(Socket.prototype, 'setKeepAlive');
  await using endpoint = await h2Endpoint();
  await using gateway = await startGateway({ services: h2c(endpoint.port) });
  using client = await H2Raw.connect(gateway.port);
  assert.equal(statusOf(await client.get()), 200);
  const kept = (port: number | undefined) =>
    asked.mock.calls.some(({ this: socket, arguments: [on, ms] }) => {
      return (socket as Socket).remotePort === port && on === true && (ms ?? 0) > 0;
    });
  assert.ok(kept(client.socket.localPort), 'to its client');
  assert.ok(kept(endpoint.port), 'to its endpoint');
});

test('a client may use the window of the protocol before it has heard of a smaller one', async () => {
  const piece = Buffer.alloc(16_000);
  await using endpoint = await h2Endpoint();
  const http2 = { ...limits.http2, streamWindowBytes: 65_535, connectionWindowBytes: 65_535 };
  await using gateway = await startGateway({ services: h2c(endpoint.port), limits: { http2 } });
  using client = await H2Raw.connect(gateway.port, { hasty: true, acks: false });
  const id = client.open(pseudo('/', 'POST'), false);
  for (let i = 0; i < 4; i++) client.send(wire.data(id, piece));
  client.send(wire.data(id, Buffer.alloc(1535), true));
  assert.equal(statusOf(await client.outcome(id)), 200);
});
