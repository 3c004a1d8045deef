/** Window goes back with time too, not only with bytes: who reads slowly is slow, not stalled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import type { H2Peer } from '../testing/h2-peer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, limits, loadBalancer } from '../testing/models.ts';

const { types, settings } = wire;
const piece = Buffer.alloc(16_000);
/** Far less than half a window, which is when credit goes back at once. */
const taken = 3 * piece.length;
const h2c = (port: number) => [loadBalancer('s', [endpointModel(port, { scheme: 'h2c' })])];

/** What `peer` may send on `stream` beyond what it could at first. */
function creditOf(peer: H2Peer | undefined, stream: number): number {
  let bytes = 0;
  for (const frame of peer?.frames ?? [])
    if (frame.type === types.windowUpdate && frame.stream === stream) bytes += frame.payload.readUInt32BE();
  return bytes;
}

/** What the window of new streams is, as `peer` was told. */
function windowOf(peer: H2Peer | undefined): number {
  const first = peer?.frames.find(({ type, flags }) => type === types.settings && flags === 0)?.payload;
  for (let at = 0; first !== undefined && at < first.length; at += 6)
    if (first.readUInt16BE(at) === settings.initialWindowSize) return first.readUInt32BE(at + 2);
  return 65_535;
}

/** Fills what `peer` may send on `stream`. */
function fill(peer: H2Peer, stream: number): void {
  for (let left = windowOf(peer); left > 0; left -= piece.length)
    peer.send(wire.data(stream, piece.subarray(0, Math.min(left, piece.length))));
}

test('an endpoint that takes an upload slowly: its client may send on as much', async () => {
  const clock = new ManualClock();
  await using endpoint = await h2Endpoint({
    credits: false,
    settings: [[settings.initialWindowSize, taken]],
    connected: (peer) => peer.send(wire.windowUpdate(0, 1_000_000)),
    head: () => undefined,
  });
  const http2 = { ...limits.http2, streamWindowBytes: 131_072 };
  await using gateway = await startGateway({ services: h2c(endpoint.port), clock, limits: { http2 } });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(pseudo('/', 'POST'), false);
  fill(client, id);
  await eventually(() => endpoint.peers[0]?.streams.get(1)?.body.length === taken, 'what the endpoint takes');
  await client.roundTrip();
  assert.equal(creditOf(client, id), 0);
  clock.advance(250);
  await client.until(() => creditOf(client, id) > 0, 'credit for what was taken');
  // Up to one piece more than its endpoint has taken is on its way there.
  const first = creditOf(client, id);
  assert.ok(first >= taken && first <= taken + piece.length, `credit ${first}`);
  // And the next little bit, though it is less still.
  const peer = endpoint.peers[0];
  peer?.send(wire.windowUpdate(1, piece.length));
  await peer?.until(() => peer.stream(1).body.length === taken + piece.length, 'the next piece');
  clock.advance(250);
  await client.until(() => creditOf(client, id) > first, 'credit for it');
  assert.equal(client.stream(id).reset, undefined);
});

test('a client that takes a response slowly: its endpoint may send on as much', async () => {
  const clock = new ManualClock();
  await using endpoint = await h2Endpoint({
    whole: (peer, view) => {
      peer.headers(view.id, [[':status', '200']], false);
      fill(peer, view.id);
    },
  });
  await using gateway = await startGateway({ services: h2c(endpoint.port), clock });
  using client = await H2Raw.connect(gateway.port, {
    credits: false,
    settings: [[settings.initialWindowSize, taken]],
  });
  const id = client.open();
  await client.until(() => client.stream(id).body.length === taken, 'what its window takes');
  const [peer] = endpoint.peers;
  await peer?.roundTrip();
  assert.equal(creditOf(peer, 1), 0);
  clock.advance(250);
  await peer?.until(() => creditOf(peer, 1) > 0, 'credit for what was taken');
  assert.equal(statusOf(client.stream(id)), 200);
});

test('a body of 500 bytes a second is sent for as long as it takes', async () => {
  const clock = new ManualClock();
  await using endpoint = await h2Endpoint({
    credits: false,
    settings: [[settings.initialWindowSize, 500]],
    connected: (peer) => peer.send(wire.windowUpdate(0, 1_000_000)),
    head: () => undefined,
  });
  const http2 = { ...limits.http2, streamWindowBytes: 65_535 };
  await using child = await startGateway({ services: h2c(endpoint.port), clock, limits: { http2 } });
  await using gateway = await startGateway({ services: h2c(child.port), clock });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(pseudo('/', 'POST'), false);
  for (let i = 0; i < 12; i++) client.send(wire.data(id, piece));
  await eventually(() => endpoint.peers[0]?.streams.get(1)?.body.length === 500, 'the first bytes');
  const [peer] = endpoint.peers;
  for (let seconds = 1; seconds <= 90; seconds++) {
    peer?.send(wire.windowUpdate(1, 500));
    await peer?.until(
      () => peer.stream(1).reset !== undefined || peer.stream(1).body.length === (seconds + 1) * 500,
      `what its window takes after ${seconds} s`,
    );
    for (let i = 0; i < 4; i++) clock.advance(250);
    await client.roundTrip();
    assert.equal(peer?.stream(1).reset, undefined, `at the endpoint after ${seconds} s`);
    assert.equal(client.stream(id).reset, undefined, `at the client after ${seconds} s`);
  }
});
