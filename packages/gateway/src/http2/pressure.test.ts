/** Windows pressed because much is parked: who keeps to the rules is neither reset nor frozen, and strangers earn their windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { fieldOf, type H2Peer } from '../testing/h2-peer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const { types, settings } = wire;
const h2c = (port: number) => [loadBalancer('s', [endpointModel(port, { scheme: 'h2c' })])];
const piece = Buffer.alloc(16_000);
const pressed = 16_384;

function creditOf(peer: H2Peer, stream: number): number {
  let bytes = 0;
  for (const frame of peer.frames)
    if (frame.type === types.windowUpdate && frame.stream === stream) bytes += frame.payload.readUInt32BE();
  return bytes;
}

const isPress = (frame: wire.Frame) =>
  frame.type === types.settings && frame.flags === 0 && frame.payload.readUInt32BE(2) === pressed;

interface Parked {
  readonly clock: ManualClock;
  readonly client: H2Raw;
  readonly peer: H2Peer;
  /** Streams of uploads, of which 80,000 and no bytes were taken. */
  readonly fast: number;
  readonly slow: number;
}

const fastBytes = 5 * piece.length;
const slowBytes = 18 * piece.length;
const fastBody = ({ peer }: Pick<Parked, 'peer'>) => peer.streams.get(1)?.body.length ?? 0;

/** A test of a client with two uploads to an endpoint that takes `/fast` and nothing else, when windows are pressed. */
function pressing(name: string, run: (parked: Parked) => Promise<void>): void {
  test(name, async () => {
    const clock = new ManualClock();
    await using endpoint = await h2Endpoint({
      settings: [[settings.initialWindowSize, 0]],
      credits: false,
      connected: (peer) => peer.send(wire.windowUpdate(0, 100_000_000)),
      head: (peer, view) => {
        if (fieldOf(view, ':path') === '/fast') peer.send(wire.windowUpdate(view.id, 10_000_000));
      },
      whole: (peer, view) => peer.respond(view.id),
    });
    await using gateway = await startGateway({ services: h2c(endpoint.port), clock });
    using client = await H2Raw.connect(gateway.port);
    const fast = client.open(pseudo('/fast', 'POST'), false);
    for (let i = 0; i < 5; i++) client.send(wire.data(fast, piece));
    await eventually(() => endpoint.peers[0] !== undefined, 'a connection to the endpoint');
    const peer = endpoint.peers[0] as H2Peer;
    await peer.until(() => fastBody({ peer }) === fastBytes, 'the fast body');
    // What was taken has earned the client 512 KiB; more than half of that is parked now.
    const slow = client.open(pseudo('/slow', 'POST'), false);
    for (let i = 0; i < 18; i++) client.send(wire.data(slow, piece));
    await client.nextFrame(isPress);
    await client.roundTrip();
    await run({ clock, client, peer, fast, slow });
  });
}

pressing('a stream pressed below zero may still end: an empty frame needs no window', async (p) => {
  p.client.send(wire.data(p.slow, '', true), wire.data(p.fast, '', true));
  assert.equal(statusOf(await p.client.outcome(p.fast)), 200);
  await p.client.roundTrip();
  assert.equal(p.client.stream(p.slow).reset, undefined);
  const slow = [...p.peer.streams.values()].find((view) => fieldOf(view, ':path') === '/slow');
  p.peer.send(wire.windowUpdate(slow?.id ?? 0, 1_000_000));
  assert.equal(statusOf(await p.client.outcome(p.slow)), 200);
  assert.equal(slow?.body.length, slowBytes);
});

pressing('a stream whose data was taken goes on while others press', async (p) => {
  const step = 8000;
  let sent = fastBytes;
  const left = () => pressed - sent + creditOf(p.client, p.fast);
  assert.ok(left() > 0, 'its client may send at once');
  for (let i = 1; i <= 20; i++) {
    await p.client.until(() => left() >= step, `room for piece ${i}`);
    p.client.send(wire.data(p.fast, piece.subarray(0, step)));
    sent += step;
    await p.peer.until(() => fastBody(p) === sent, `piece ${i}`);
    p.clock.advance(250);
  }
  assert.equal(p.client.stream(p.fast).reset, undefined);
});

test('a client that sends to an endpoint that does not read is given 256 KiB, not the whole window', async () => {
  await using endpoint = await h2Endpoint({ settings: [[settings.initialWindowSize, 0]], credits: false });
  await using gateway = await startGateway({ services: h2c(endpoint.port), clock: new ManualClock() });
  // Nothing is acknowledged, so nothing parked is credited.
  using client = await H2Raw.connect(gateway.port, { acks: false });
  await client.roundTrip();
  assert.equal(65_535 + creditOf(client, 0), 262_144);
  const ids = [0, 1].map(() => client.open(pseudo('/', 'POST'), false));
  for (const id of ids) for (let i = 0; i < 8; i++) client.send(wire.data(id, piece));
  await client.roundTrip();
  assert.equal(65_535 + creditOf(client, 0), 262_144, 'not more, with 256,000 bytes parked');
});

test('a client whose data is taken earns the whole window', async () => {
  await using endpoint = await h2Endpoint({
    settings: [[settings.initialWindowSize, 100_000_000]],
    credits: false,
    connected: (peer) => peer.send(wire.windowUpdate(0, 100_000_000)),
    head: () => undefined,
  });
  await using gateway = await startGateway({ services: h2c(endpoint.port), clock: new ManualClock() });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(pseudo('/', 'POST'), false);
  let sent = 0;
  const left = () => 65_535 + creditOf(client, 0) - sent;
  for (; left() < 15_000_000 && sent < 40_000_000; sent += piece.length) {
    if (left() < piece.length || 1_048_576 + creditOf(client, id) - sent < piece.length)
      await client.roundTrip();
    client.send(wire.data(id, piece));
    if (sent % (8 * piece.length) === 0) await client.roundTrip();
  }
  assert.ok(left() >= 15_000_000, `${left()} left after ${sent} bytes`);
});
