/** An answer that is out before its request is whole: what the client still sends is read for a while, and no reset is on the answer's heels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';

const { errors, types } = wire;
const piece = Buffer.alloc(16_000);

/** A client whose upload was refused, for there is no endpoint, and that has the whole answer. */
async function refused(run: (client: H2Raw, id: number, clock: ManualClock) => Promise<void>): Promise<void> {
  const clock = new ManualClock();
  await using gateway = await startGateway({ ports: [], clock });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(pseudo('/', 'POST'), false);
  const view = await client.outcome(id);
  assert.equal(statusOf(view), 503);
  assert.equal(view.ended, true);
  await client.roundTrip();
  assert.equal(view.reset, undefined, 'no reset on its heels');
  await run(client, id, clock);
  assert.equal((await gateway.plane.stats()).requests.inFlight, 0);
}

test('a client that ends its request is never reset', async () => {
  await refused(async (client, id, clock) => {
    client.send(wire.data(id, piece), wire.data(id, piece, true));
    await client.roundTrip();
    for (let i = 0; i < 10; i++) clock.advance(250);
    await client.roundTrip();
    assert.equal(client.stream(id).reset, undefined);
    assert.equal(statusOf(await client.get()), 503, 'and its connection goes on');
  });
});

test('one that goes on for 64 KiB is told to stop, without blame and not before the next tick', async () => {
  await refused(async (client, id, clock) => {
    for (let i = 0; i < 4; i++) client.send(wire.data(id, piece));
    await client.roundTrip();
    assert.equal(client.stream(id).reset, undefined, 'not yet');
    client.send(wire.data(id, piece), wire.data(id, piece, true));
    await client.roundTrip();
    assert.equal(client.stream(id).reset, undefined, 'nor on the heels of the answer');
    clock.advance(250);
    await client.until(() => client.stream(id).reset !== undefined, 'a reset');
    assert.equal(client.stream(id).reset, errors.none);
  });
});

test('one that goes on without end is told to stop when its time is over', async () => {
  await refused(async (client, id, clock) => {
    for (let i = 0; i < 8; i++) clock.advance(250);
    await client.until(() => client.stream(id).reset !== undefined, 'a reset');
    assert.equal(client.stream(id).reset, errors.none);
  });
});

test('an answer that waits for its window is not cut by what its client goes on sending', async () => {
  const body = 100_000;
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], limits: { maxRequestBodyBytes: 10 } });
  using client = await H2Raw.connect(gateway.port, {
    credits: false,
    settings: [[wire.settings.initialWindowSize, 0]],
  });
  const id = client.open(pseudo('/', 'POST'), false);
  for (let sent = 0; sent < body; sent += piece.length) client.send(wire.data(id, piece));
  await client.roundTrip();
  assert.equal(client.stream(id).reset, undefined);
  client.send(wire.windowUpdate(id, 65_535));
  await client.until(() => client.stream(id).ended, 'the whole answer');
  assert.equal(statusOf(client.stream(id)), 413);
  const last = client.frames.findLastIndex(({ type, stream }) => stream === id && type === types.data);
  const reset = client.frames.findIndex(({ type, stream }) => stream === id && type === types.rst);
  assert.ok(reset === -1 || reset > last, 'the answer comes first');
});
