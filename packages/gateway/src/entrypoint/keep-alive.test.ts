/** Connections that have served enough say goodbye in order: no request is lost over it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { rawClient } from '../testing/raw-client.ts';

const isGoAway = ({ type }: wire.Frame) => type === wire.types.goaway;
const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const afterThree = { keepAlive: { maxRequests: 3, maxTimeMs: 0 } };
const afterAMinute = { keepAlive: { maxRequests: 0, maxTimeMs: 60_000 } };

test('HTTP/1.1: the last answer says close, and the connection closes after it', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], entryPoint: afterThree });
  using client = await rawClient(gateway.port);
  // The fourth is never served: the client is told before it could have been.
  client.send(get.repeat(4));
  for (const expected of [undefined, undefined, 'close']) {
    const { status, headers } = await client.response();
    assert.deepEqual([status, headers['connection']], [200, expected]);
  }
  await client.untilClosed();
  assert.ok(client.cleanEnd);
  assert.equal(endpoint.requests.length, 3);
  using other = await rawClient(gateway.port);
  other.send(get);
  assert.equal((await other.response()).headers['connection'], undefined);
});

test('HTTP/1.1: by age, with the next answer and not before', async () => {
  const clock = new ManualClock();
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], entryPoint: afterAMinute, clock });
  using client = await rawClient(gateway.port);
  client.send(get);
  assert.equal((await client.response()).headers['connection'], undefined);
  clock.advance(61_000);
  client.send(get);
  assert.equal((await client.response()).headers['connection'], 'close');
  await client.untilClosed();
});

test('HTTP/2: GOAWAY after so many, and what is on its way is served', async () => {
  await using endpoint = await scriptedEndpoint(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  await using gateway = await startGateway({ ports: [endpoint.port], entryPoint: afterThree });
  using client = await H2Raw.connect(gateway.port);
  const ids = [client.open(), client.open(), client.open(), client.open()];
  for (const id of ids) assert.equal(statusOf(await client.outcome(id)), 200);
  assert.equal(wire.codeOf(await client.nextFrame(isGoAway)), wire.errors.none);
  await client.untilClosed();
  assert.ok(client.cleanEnd);
});

test('HTTP/2: GOAWAY by age, also between requests', async () => {
  const clock = new ManualClock();
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], entryPoint: afterAMinute, clock });
  using client = await H2Raw.connect(gateway.port);
  assert.equal(statusOf(await client.get()), 200);
  assert.ok(!client.frames.some(isGoAway));
  clock.advance(59_000);
  await client.roundTrip();
  assert.ok(!client.frames.some(isGoAway));
  clock.advance(3000);
  assert.equal(wire.codeOf(await client.nextFrame(isGoAway)), wire.errors.none);
  await client.untilClosed();
});
