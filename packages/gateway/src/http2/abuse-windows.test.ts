/** Flow control as a weapon: windows that overflow, that we are pushed beyond, and that never open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scriptedEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { abuse } from '../testing/h2-arena.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { block } from '../testing/h2-hpack-writer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer, limits as usual } from '../testing/models.ts';

const { types, errors, settings } = wire;
const windowZero = [[settings.initialWindowSize, 0]] as const;

abuse('WINDOW_UPDATE past 2^31-1 on a stream resets that stream', {}, async (arena) => {
  const client = await arena.attacker();
  const id = client.open(pseudo('/hang'));
  client.send(wire.windowUpdate(id, 0x7fffffff));
  assert.equal((await client.outcome(id)).reset, errors.flowControl);
  assert.equal(statusOf(await client.get('/fine')), 200);
});

abuse('WINDOW_UPDATE of nothing resets its stream', {}, async (arena) => {
  const client = await arena.attacker();
  const id = client.open(pseudo('/hang'));
  client.send(wire.windowUpdate(id, 0));
  assert.equal((await client.outcome(id)).reset, errors.protocol);
  assert.equal(statusOf(await client.get('/fine')), 200);
});

abuse('WINDOW_UPDATE on a closed stream is nothing', {}, async (arena) => {
  const client = await arena.attacker();
  const id = client.open(pseudo('/fine'));
  await client.outcome(id);
  for (let i = 0; i < 300; i++) client.send(wire.windowUpdate(id, 0x7fffffff));
  assert.equal(statusOf(await client.get('/fine')), 200);
});

abuse('a stream whose window stays at zero is reset', { http2: { stallTimeoutMs: 2000 } }, async (arena) => {
  const client = await arena.attacker({ settings: windowZero });
  const ids = Array.from({ length: 10 }, () => client.open(pseudo('/big/100000')));
  await client.until(() => ids.every((id) => client.stream(id).blocks.length > 0), 'the heads');
  await arena.pass(2500);
  for (const id of ids) {
    const view = await client.outcome(id);
    assert.deepEqual([view.body.length, view.ended, typeof view.reset], [0, false, 'number']);
  }
  await arena.settled(1);
  // The connection is not at fault.
  client.send(wire.settingsFrame([[settings.initialWindowSize, 65_535]]));
  assert.equal(statusOf(await client.get('/fine')), 200);
});

abuse(
  'streams that share a connection window of zero are reset',
  { http2: { stallTimeoutMs: 2000 } },
  async (arena) => {
    const client = await arena.attacker({
      credits: false,
      settings: [[settings.initialWindowSize, 1_000_000]],
    });
    const ids = Array.from({ length: 4 }, () => client.open(pseudo('/big/100000')));
    const got = () => ids.reduce((sum, id) => sum + client.stream(id).body.length, 0);
    await client.until(() => got() === 65_535, 'all that the connection’s window allows');
    await arena.pass(2500);
    // Each of them, or the connection as a whole: it is the connection that stands still.
    const gone = () => client.closed || ids.every((id) => client.stream(id).reset !== undefined);
    await client.until(gone, 'the end of them');
    assert.equal(got(), 65_535, 'never more than the window');
    await arena.settled(1);
  },
);

abuse('a window that opens in time is no stall', { http2: { stallTimeoutMs: 2000 } }, async (arena) => {
  const client = await arena.attacker({ settings: windowZero, credits: false });
  const id = client.open(pseudo('/big/30000'));
  for (let i = 1; i <= 3; i++) {
    await arena.pass(1000);
    client.send(wire.windowUpdate(id, 10_000));
    await client.until(() => client.stream(id).body.length === i * 10_000, `${i * 10_000} bytes`);
  }
  const view = await client.outcome(id);
  assert.deepEqual([statusOf(view), view.body.length, view.reset], [200, 30_000, undefined]);
});

abuse('a window shrunk below zero is paid back before anything is sent', {}, async (arena) => {
  const client = await arena.attacker({ credits: false });
  const id = client.open(pseudo('/big/200000'));
  await client.until(() => client.stream(id).body.length === 65_535, 'the first window');
  // Now at -64535: 64535 more bytes of credit give nothing.
  client.send(wire.settingsFrame([[settings.initialWindowSize, 1000]]), wire.windowUpdate(0, 1_000_000));
  client.send(wire.windowUpdate(id, 64_535));
  await client.roundTrip();
  assert.equal(client.stream(id).body.length, 65_535);
  client.send(wire.windowUpdate(id, 7));
  await client.until(() => client.stream(id).body.length >= 65_542, 'seven bytes');
  await client.roundTrip();
  assert.equal(client.stream(id).body.length, 65_542);
  client.send(wire.windowUpdate(id, 1_000_000));
  assert.equal((await client.outcome(id)).body.length, 200_000);
});

abuse('one byte of window at a time', {}, async (arena) => {
  const client = await arena.attacker({ settings: windowZero });
  const id = client.open(pseudo('/big/200'));
  for (let i = 0; i < 200; i++) client.send(wire.windowUpdate(id, 1));
  assert.equal((await client.outcome(id)).body.length, 200);
});

abuse('no frame is larger than the client takes, none needlessly small', {}, async (arena) => {
  const client = await arena.attacker({ settings: [[settings.initialWindowSize, 1_000_000]] });
  const id = client.open(pseudo('/big/200000'));
  assert.equal((await client.outcome(id)).body.length, 200_000);
  const sizes = client.frames.filter((one) => one.type === types.data).map((one) => one.payload.length);
  assert.ok(Math.max(...sizes) <= 16_384);
});

/** An endpoint that takes a request and never reads on. */
async function deafEndpoint() {
  return await scriptedEndpoint((peer) => peer.socket.pause());
}

for (const [why, http2, type] of [
  ['a stream’s', { streamWindowBytes: 65_535, connectionWindowBytes: 2 ** 30 }, types.rst],
  ['the connection’s', { streamWindowBytes: 2 ** 30, connectionWindowBytes: 65_535 }, types.goaway],
] as const) {
  test(`DATA beyond ${why} window is FLOW_CONTROL_ERROR`, { timeout: 20_000 }, async () => {
    await using endpoint = await deafEndpoint();
    await using gateway = await startGateway({
      ports: [endpoint.port],
      limits: { http2: { ...usual.http2, ...http2 } },
    });
    using client = await H2Raw.connect(gateway.port);
    // More than the kernel holds between gateway and endpoint: no credit can come for most of it.
    const id = client.open(pseudo('/', 'POST'), false);
    const piece = Buffer.alloc(16_384);
    for (let sent = 0; sent < 32 * 2 ** 20 && !client.closed; sent += piece.length)
      client.send(wire.data(id, piece));
    const refused = (one: wire.Frame) => wire.codeOf(one) === errors.flowControl;
    const frame = await client.nextFrame(refused);
    assert.equal(frame.type, type);
    client.socket.destroy();
    for (const end = performance.now() + 5000; (await gateway.plane.stats()).requests.inFlight > 0; )
      assert.ok(performance.now() < end, 'nothing is left in flight');
  });
}

test('DATA for streams that are gone gives its window back', { timeout: 20_000 }, async () => {
  await using endpoint = await scriptedEndpoint(() => undefined);
  const http2 = { ...usual.http2, connectionWindowBytes: 65_535, maxResetsPerSecond: 0 };
  await using gateway = await startGateway({ ports: [endpoint.port], limits: { http2 } });
  using client = await H2Raw.connect(gateway.port);
  let window = 65_535;
  let streams = 0;
  const credited = (one: wire.Frame) => {
    if (one.type === types.windowUpdate && one.stream === 0) window += one.payload.readUInt32BE();
  };
  client.onFrame = credited;
  client.frames.forEach(credited);
  for (; streams < 40; streams++) {
    // Malformed: reset at once, with DATA on its way that nobody will ever read.
    const id = client.takeId();
    await client.until(() => window >= 16_384, `window for stream ${id}, there is ${window}`);
    window -= 16_384;
    client.send(wire.frame(types.headers, 4, id, block([...pseudo('/', 'POST'), ['Bad', 'x']])));
    client.send(wire.data(id, Buffer.alloc(16_384)));
  }
});

test('what endpoints do not take is held within limits, also for a client that never agrees to them', async () => {
  const clock = new ManualClock();
  await using endpoint = await h2Endpoint({
    settings: [[settings.initialWindowSize, 0]],
    credits: false,
    head: () => undefined,
  });
  const http2 = { ...usual.http2, streamWindowBytes: 2 ** 20, connectionWindowBytes: 2 ** 20 };
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
    limits: { http2 },
    clock,
  });
  using client = await H2Raw.connect(gateway.port, { acks: false });
  let window = 65_535;
  const credited = (one: wire.Frame) => {
    if (one.type === types.windowUpdate && one.stream === 0) window += one.payload.readUInt32BE();
  };
  client.onFrame = credited;
  client.frames.forEach(credited);
  const ids = Array.from({ length: 40 }, () => client.open(pseudo('/', 'POST'), false));
  const piece = Buffer.alloc(16_000);
  let sent = 0;
  for (let round = 0; round < 40 && !client.closed; round++) {
    // Every stream has a MiB of window of its own, which we were told of and never heard of less.
    while (window >= piece.length && sent < 40 * 2 ** 20) {
      client.send(wire.data(ids[Math.floor(sent / 1_000_000) % ids.length] as number, piece));
      window -= piece.length;
      sent += piece.length;
    }
    clock.advance(250);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.ok(sent <= 4 * 2 ** 20, `${sent} bytes held for one connection`);
});
