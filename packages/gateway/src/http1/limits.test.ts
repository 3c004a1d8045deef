import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionLimits } from '../model/model.ts';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const head = (fields = '', line = 'GET / HTTP/1.1') => `${line}\r\nHost: h\r\n${fields}\r\n`;
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function withLimits(limits: Partial<ConnectionLimits>) {
  const clock = new ManualClock();
  const endpoint = await recordingEndpoint();
  const gateway = await startGateway({ ports: [endpoint.port], limits, clock });
  const turns = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    clock,
    endpoint,
    gateway,
    turns,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

/** A connection that has sent `text`, all of it read by the gateway. */
async function sent(port: number, text: string) {
  const client = await rawClient(port);
  client.send(text);
  // A whole exchange on another connection: by then the gateway has read what was written before.
  await exchange(port, head());
  return client;
}

for (const text of ['GET', 'GET / HTTP/1.1\r\nHost: h\r\nA: b', '\r']) {
  test(`a head that stops after ${JSON.stringify(text)} gets 408`, async () => {
    await using t = await withLimits({ headTimeoutMs: 1000 });
    using client = await sent(t.gateway.port, text);
    await t.turns(2500);
    const response = await client.response();
    assert.equal(response.status, 408);
    assert.equal(JSON.parse(response.body.toString()).code, 'request.head-timeout');
    await client.untilClosed();
  });
}

test('a head that comes drop by drop gets 408 when its time is over', async () => {
  await using t = await withLimits({ headTimeoutMs: 1000 });
  using client = await rawClient(t.gateway.port);
  for (const piece of ['GET / HT', 'TP/1.1\r\n', 'Host: h\r\n', 'A: b\r\n', 'C: d\r\n']) {
    client.send(piece);
    await exchange(t.gateway.port, head());
    await t.turns(500);
  }
  assert.equal((await client.response()).status, 408);
  assert.equal(t.endpoint.requests.filter(({ rawHeaders }) => rawHeaders.includes('A')).length, 0);
});

test('a connection on which nothing ever comes is closed without a word', async () => {
  await using t = await withLimits({ headTimeoutMs: 1000 });
  using client = await rawClient(t.gateway.port);
  await exchange(t.gateway.port, head());
  await t.turns(1500);
  await client.untilClosed();
  assert.equal(client.received.length, 0);
});

test('an idle keep-alive connection is closed after the idle time, not the head’s', async () => {
  await using t = await withLimits({ headTimeoutMs: 1000, idleTimeoutMs: 5000 });
  using client = await rawClient(t.gateway.port);
  client.send(head());
  await client.response();
  await t.turns(4000);
  client.send(head());
  await client.response();
  await t.turns(5500);
  await client.untilClosed();
  assert.equal(client.received.length, 0);
});

test('the head clock runs for every request, from its first byte', async () => {
  await using t = await withLimits({ headTimeoutMs: 1000, idleTimeoutMs: 60_000 });
  using client = await rawClient(t.gateway.port);
  client.send(head());
  await client.response();
  await t.turns(20_000);
  client.send('GET / HT');
  await exchange(t.gateway.port, head());
  await t.turns(1500);
  assert.equal((await client.response()).status, 408);
});

for (const [kind, fields] of [
  ['counted', 'Content-Length: 10\r\n'],
  ['chunked', 'Transfer-Encoding: chunked\r\n'],
] as const) {
  test(`a ${kind} body that stalls gets 408, and the endpoint’s request is cancelled`, async () => {
    const clock = new ManualClock();
    await using endpoint = await scriptedEndpoint(() => undefined);
    await using gateway = await startGateway({
      ports: [endpoint.port],
      limits: { bodyStallTimeoutMs: 1000 },
      clock,
    });
    using client = await rawClient(gateway.port);
    client.send(`${head(fields, 'POST / HTTP/1.1')}5\r\nab`);
    await eventually(() => /ab(\r\n)?$/.test(endpoint.seen()), 'the beginning at the endpoint');
    clock.advance(1500);
    const response = await client.response('POST');
    assert.equal(JSON.parse(response.body.toString()).code, 'request.body-timeout');
    await client.untilClosed();
    await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
  });
}

test('an endpoint that takes its time to answer is not the client’s stall', async () => {
  const clock = new ManualClock();
  let answer: (() => void) | undefined;
  await using endpoint = await scriptedEndpoint((peer) => {
    answer = () => peer.send(ok);
  });
  await using gateway = await startGateway({
    ports: [endpoint.port],
    limits: { bodyStallTimeoutMs: 1000 },
    clock,
  });
  using client = await rawClient(gateway.port);
  client.send(`${head('Content-Length: 2\r\n', 'POST / HTTP/1.1')}ab`);
  await eventually(() => endpoint.seen().endsWith('ab'), 'the request at the endpoint');
  clock.advance(100_000);
  answer?.();
  assert.equal((await client.response('POST')).status, 200);
});

test('writeTimeout is for the whole response: an endpoint that drips is broken off', async () => {
  const clock = new ManualClock();
  await using endpoint = await scriptedEndpoint(
    answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
  );
  await using gateway = await startGateway({
    ports: [endpoint.port],
    limits: { writeTimeoutMs: 1000 },
    clock,
  });
  using client = await rawClient(gateway.port);
  client.send(head());
  await client.until(() => client.received.toString().endsWith('half'), 'what came');
  for (const socket of endpoint.sockets) socket.write('h');
  await client.until(() => client.received.toString().endsWith('halfh'), 'a little more');
  clock.advance(1500);
  await client.untilClosed();
  assert.ok(!client.cleanEnd, 'a reset: half a response must not look whole');
});

test('readTimeout is for the whole request', async () => {
  await using t = await withLimits({ readTimeoutMs: 1000 });
  using client = await rawClient(t.gateway.port);
  client.send(head('Content-Length: 10\r\n', 'POST / HTTP/1.1'));
  for (let i = 0; i < 4; i++) {
    client.send('x');
    await exchange(t.gateway.port, head());
    await t.turns(400);
  }
  assert.equal((await client.response('POST')).status, 408);
});

test('a body over its limit gets 413, by its length or on the way', async () => {
  await using t = await withLimits({ maxRequestBodyBytes: 10 });
  const post = (fields: string, body: string) =>
    exchange(t.gateway.port, `${head(fields, 'POST / HTTP/1.1')}${body}`);
  assert.equal((await post('Content-Length: 10\r\n', '0123456789')).status, 200);
  assert.equal((await post('Content-Length: 11\r\n', '01234567890')).status, 413);
  assert.equal((await post('Content-Length: 99999999999\r\n', '')).status, 413);
  const chunked = 'Transfer-Encoding: chunked\r\n';
  assert.equal((await post(chunked, 'a\r\n0123456789\r\n0\r\n\r\n')).status, 200);
  assert.equal((await post(chunked, '6\r\n012345\r\n6\r\n012345\r\n')).status, 413);
  assert.equal(t.endpoint.requests.length, 2);
});

test('a chunked body over its limit does not leave the connection without a deadline', async () => {
  await using t = await withLimits({ maxRequestBodyBytes: 10 });
  using client = await rawClient(t.gateway.port);
  client.socket.allowHalfOpen = true;
  client.send(`${head('Transfer-Encoding: chunked\r\n', 'POST / HTTP/1.1')}b\r\n01234567890\r\n0\r\n\r\n`);
  assert.equal((await client.response('POST')).status, 413);
  await t.turns(3000);
  await eventually(
    () => t.gateway.plane !== undefined && client.socket.destroyed === false,
    'still open here',
  );
  await eventuallyOpen(t.gateway.plane, 0);
});

async function eventuallyOpen(plane: { stats(): Promise<{ connections: { open: number } }> }, want: number) {
  let open = -1;
  const poll = setInterval(() => void plane.stats().then((stats) => (open = stats.connections.open)), 5);
  try {
    await eventually(() => open === want, `${want} open connections`);
  } finally {
    clearInterval(poll);
  }
}

test('head size: 431 over the limit, 414 when it is all target, 200 at the limit', async () => {
  await using t = await withLimits({ maxHeaderBytes: 1000 });
  const filled = (size: number) => head(`A: ${'x'.repeat(size)}\r\n`);
  const fixed = filled(0).length - 4;
  assert.equal((await exchange(t.gateway.port, filled(1000 - fixed))).status, 200);
  assert.equal((await exchange(t.gateway.port, filled(1001 - fixed))).status, 431);
  assert.equal((await exchange(t.gateway.port, filled(5000))).status, 431);
  assert.equal((await exchange(t.gateway.port, head('', `GET /${'x'.repeat(2000)} HTTP/1.1`))).status, 414);
  using endless = await rawClient(t.gateway.port);
  endless.send(`GET / HTTP/1.1\r\nA: ${'x'.repeat(2000)}`);
  assert.equal((await endless.response()).status, 431);
  await endless.untilClosed();
});

test('header count: 431 over the limit', async () => {
  await using t = await withLimits({ maxHeaderCount: 5 });
  assert.equal((await exchange(t.gateway.port, head('A: b\r\n'.repeat(4)))).status, 200);
  const response = await exchange(t.gateway.port, head('A: b\r\n'.repeat(5)));
  assert.equal(response.status, 431);
  assert.equal(response.headers['connection'], 'close');
});

test('connections per client address: one more is closed, and may come when another has left', async () => {
  await using t = await withLimits({ maxConnectionsPerAddress: 2 });
  using a = await rawClient(t.gateway.port);
  using b = await rawClient(t.gateway.port);
  for (const client of [a, b]) {
    client.send(head());
    assert.equal((await client.response()).status, 200);
  }
  using refused = await rawClient(t.gateway.port);
  await refused.untilClosed();
  assert.equal((await t.gateway.plane.stats()).connections.refused, 1);
  a.socket.destroy();
  await eventuallyOpen(t.gateway.plane, 1);
  assert.equal((await exchange(t.gateway.port, head())).status, 200);
});

test('an endpoint that does not answer in time: 504', async () => {
  const clock = new ManualClock();
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({
    ports: [endpoint.port],
    transport: { responseHeaderTimeoutMs: 1000 },
    clock,
  });
  using client = await rawClient(gateway.port);
  client.send(head('', 'POST / HTTP/1.1'));
  await eventually(() => endpoint.seen().endsWith('\r\n\r\n'), 'the request at the endpoint');
  clock.advance(1500);
  const response = await client.response('POST');
  assert.equal(response.status, 504);
  assert.equal(JSON.parse(response.body.toString()).code, 'endpoint.head-timeout');
  await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
});

test('an endpoint that never completes the TLS handshake: 504 by the dial timeout', async () => {
  const clock = new ManualClock();
  await using silent = await scriptedEndpoint(() => undefined);
  const { endpointModel, loadBalancer } = await import('../testing/models.ts');
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(silent.port, { scheme: 'https' })])],
    transport: { dialTimeoutMs: 1000 },
    clock,
  });
  using client = await rawClient(gateway.port);
  client.send(head('', 'POST / HTTP/1.1'));
  await eventually(() => silent.accepted === 1, 'the dial');
  clock.advance(1500);
  const response = await client.response('POST');
  assert.equal(response.status, 504);
  assert.equal(JSON.parse(response.body.toString()).code, 'endpoint.dial-timeout');
});

test('an idle pooled connection ends after its transport’s idle time', async () => {
  const clock = new ManualClock();
  await using endpoint = await scriptedEndpoint(answering(ok));
  await using gateway = await startGateway({
    ports: [endpoint.port],
    transport: { idleConnTimeoutMs: 2000 },
    clock,
  });
  await exchange(gateway.port, head());
  clock.advance(1500);
  assert.equal(endpoint.sockets.size, 1);
  clock.advance(1000);
  await eventually(() => endpoint.sockets.size === 0, 'the idle connection to close');
});
