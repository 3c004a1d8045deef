/** Frames of one turn of the event loop leave in one write, and what a peer that reads nothing is owed takes no more memory than its bytes. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const { settings, types } = wire;

/** Writes of this process to the port `port`, in bytes, from now on. */
function writesTo(t: TestContext, port: () => number | undefined): number[] {
  const writes: number[] = [];
  const write = Socket.prototype.write;
  t.mock.method(Socket.prototype, 'write', function (this: Socket, ...args: Parameters<typeof write>) {
    if (this.remotePort === port()) writes.push((args[0] as unknown as Buffer).length);
    return write.apply(this, args);
  });
  return writes;
}

test('a small response is one write of two frames', async (t) => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await H2Raw.connect(gateway.port);
  await client.get('/warm');
  const writes = writesTo(t, () => client.socket.localPort);
  const view = await client.get('/');
  assert.equal(statusOf(view), 200);
  const frames = client.frames.filter(({ stream }) => stream === view.id);
  assert.deepEqual(
    frames.map(({ type, flags }) => [type, flags]),
    [
      [types.headers, wire.flags.endHeaders],
      [types.data, wire.flags.endStream],
    ],
  );
  assert.equal(writes.length, 1);
});

test('answers of many connections that come in one turn share a write', async (t) => {
  const held: ServerResponse[] = [];
  await using endpoint = await recordingEndpoint((request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('ok');
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await H2Raw.connect(gateway.port);
  const count = 12;
  const ids = Array.from({ length: count }, () => client.open(pseudo('/held')));
  await eventually(() => held.length === count, 'all requests at the endpoint');
  assert.equal(endpoint.accepted, count, 'a connection each');
  await client.roundTrip();
  const writes = writesTo(t, () => client.socket.localPort);
  for (const response of held) response.end('ok');
  for (const id of ids) assert.equal(statusOf(await client.outcome(id)), 200);
  assert.ok(writes.length <= 3, `${writes.length} writes for ${count} answers of one turn`);
});

test('requests of one turn share a write to the endpoint, whoever they come from', async (t) => {
  await using endpoint = await h2Endpoint();
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  const clients = await Promise.all(Array.from({ length: 12 }, () => H2Raw.connect(gateway.port)));
  try {
    for (const client of clients) await client.get('/warm');
    const writes = writesTo(t, () => endpoint.port);
    const asked = clients.map((client) => client.get('/'));
    for (const view of await Promise.all(asked)) assert.equal(statusOf(view), 200);
    assert.ok(writes.length <= 3, `${writes.length} writes for 12 requests of one turn`);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

/** A client on a connection that is full, and answers to its HEAD requests that queue up, one a turn. */
async function stuffed(t: TestContext, clock: ManualClock) {
  const endpoint = await recordingEndpoint((request, response) => {
    if (request.url === '/big') response.end(Buffer.alloc(20_000_000));
    else response.end();
  });
  const gateway = await startGateway({ ports: [endpoint.port], clock });
  const client = await H2Raw.connect(gateway.port, {
    credits: false,
    settings: [[settings.initialWindowSize, 100_000_000]],
  });
  const writes = writesTo(t, () => client.socket.localPort);
  client.send(wire.windowUpdate(0, 100_000_000));
  client.socket.pause();
  const big = client.open(pseudo('/big'));
  // Full: nothing more was written for many turns.
  let seen = -1;
  let quiet = 0;
  await eventually(() => {
    quiet = writes.length > 0 && writes.length === seen ? quiet + 1 : 0;
    seen = writes.length;
    return quiet === 50;
  }, 'a connection that takes no more');
  client.send(wire.rst(big));
  return {
    client,
    writes,
    endpoint,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await gateway[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

test('answers that nobody reads fill one buffer, not one each', async (t) => {
  await using s = await stuffed(t, new ManualClock());
  const before = s.writes.length;
  for (let i = 1; i <= 100; i++) {
    s.client.open(pseudo('/x', 'HEAD'));
    await eventually(() => s.endpoint.requests.length > i, 'a request');
  }
  assert.ok(s.writes.length - before <= 5, `${s.writes.length - before} writes into a full socket`);
});

test('a connection that takes nothing, not even heads, is ended when that stalls', async (t) => {
  const clock = new ManualClock();
  await using s = await stuffed(t, clock);
  s.client.open(pseudo('/x', 'HEAD'));
  await eventually(() => s.endpoint.requests.length === 2, 'a request');
  for (let gone = 0; gone < 65_000; gone += 1000) {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  s.client.socket.resume();
  await s.client.untilClosed();
});
