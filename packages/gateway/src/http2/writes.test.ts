/** Frames of one turn of the event loop leave in one write, and what a peer that reads nothing is owed takes no more memory than its bytes. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';
import { stuffed, writesTo } from '../testing/stuffed.ts';

const { types } = wire;

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

test('answers that nobody reads fill one buffer, not one each', async (t) => {
  await stuffed(t, new ManualClock(), async ({ client, endpoint, writes }) => {
    const before = writes.length;
    for (let i = 1; i <= 100; i++) {
      client.open(pseudo('/x', 'HEAD'));
      await eventually(() => endpoint.requests.length > i, 'a request');
    }
    assert.ok(writes.length - before < 50, `${writes.length - before} writes into a full socket`);
  });
});

test('a connection that takes nothing, not even heads, is ended when that stalls', async (t) => {
  const clock = new ManualClock();
  await stuffed(t, clock, async ({ client, endpoint, gateway }) => {
    client.open(pseudo('/x', 'HEAD'));
    await eventually(() => endpoint.requests.length === 2, 'a request');
    for (let gone = 0; gone < 65_000; gone += 1000) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await gateway.plane.stats()).connections.open, 0);
    client.socket.resume();
    await client.untilClosed();
  });
});
