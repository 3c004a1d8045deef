import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('a client that leaves before the response cancels the endpoint’s request', async () => {
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const client = await rawClient(gateway.port);
  client.send(get);
  await eventually(() => endpoint.seen().endsWith('\r\n\r\n'), 'the request at the endpoint');
  client.socket.destroy();
  await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
  const stats = await gateway.plane.stats();
  assert.equal(stats.entryPoints[0]?.codes['499'], 1);
  assert.equal(stats.requests.inFlight, 0);
});

test('a client that leaves in the middle of its body cancels the endpoint’s request', async () => {
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const client = await rawClient(gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf');
  await eventually(() => endpoint.seen().endsWith('half'), 'the half at the endpoint');
  client.socket.resetAndDestroy();
  await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
});

for (const [name, answer, clientVersion] of [
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', '1.1'],
  ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', '1.1'],
  ['chunked, to HTTP/1.0', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', '1.0'],
  ['inside a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf', '1.1'],
  ['before the last CRLF', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n', '1.0'],
] as const) {
  for (const reset of [false, true]) {
    test(`an endpoint that breaks off a body ${name} by ${reset ? 'RST' : 'FIN'} breaks the client off`, async () => {
      await using endpoint = await scriptedEndpoint((peer) => {
        peer.send(answer);
        if (reset) setTimeout(() => peer.socket.resetAndDestroy(), 20);
        else peer.socket.end();
      });
      await using gateway = await startGateway({ ports: [endpoint.port] });
      using client = await rawClient(gateway.port);
      client.send(`GET / HTTP/${clientVersion}\r\nHost: h\r\n\r\n`);
      await client.untilClosed();
      assert.equal(client.cleanEnd && client.error === '', false, 'a FIN would make it look whole');
      assert.doesNotMatch(client.received.toString(), /0\r\n\r\n$/);
      const { services } = await gateway.plane.stats();
      assert.equal(services[0]?.failures, 1);
    });
  }
}

test('a close-delimited response becomes chunked for HTTP/1.1 and closes for HTTP/1.0', async () => {
  await using endpoint = await scriptedEndpoint((peer) => {
    peer.send('HTTP/1.1 200 OK\r\n\r\nall there is');
    peer.socket.end();
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(get);
  const response = await client.response();
  assert.equal(response.headers['transfer-encoding'], 'chunked');
  assert.equal(response.body.toString(), 'all there is');
  client.send(get);
  assert.equal((await client.response()).status, 200);
  const old = await exchange(gateway.port, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  assert.equal(old.untilClose, true);
  assert.equal(old.headers['connection'], 'close');
  assert.equal(old.body.toString(), 'all there is');
});

/** Answers the first request of each connection and drops the connection at its second. */
function dropsReused() {
  return scriptedEndpoint((peer) => {
    const requests = peer.text().split('\r\n\r\n').length - 1;
    if (requests === 1) peer.send(ok);
    else peer.socket.destroy();
  });
}

test('a reused connection that turns out dead: GET goes again on a fresh one', async () => {
  await using endpoint = await dropsReused();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  for (let i = 0; i < 3; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
  const { services } = await gateway.plane.stats();
  assert.deepEqual([services[0]?.failures, services[0]?.retries], [0, 0]);
});

test('a reused connection that turns out dead: POST is not sent twice', async () => {
  await using endpoint = await dropsReused();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx';
  assert.equal((await exchange(gateway.port, get)).status, 200);
  assert.equal((await exchange(gateway.port, post)).status, 502);
  assert.equal(endpoint.seen().split('POST').length - 1, 1);
});

test('POST with an Idempotency-Key may go again, body and all', async () => {
  await using endpoint = await dropsReused();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  assert.equal((await exchange(gateway.port, get)).status, 200);
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k\r\nContent-Length: 4\r\n\r\nbody';
  assert.equal((await exchange(gateway.port, post)).status, 200);
  assert.equal(endpoint.seen().split('\r\n\r\nbody').length - 1, 2);
});

test('POST never goes on a connection that has been idle for long', async () => {
  const clock = new ManualClock();
  await using endpoint = await scriptedEndpoint(answering(ok));
  await using gateway = await startGateway({ ports: [endpoint.port], clock });
  assert.equal((await exchange(gateway.port, get)).status, 200);
  clock.advance(3000);
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n';
  assert.equal((await exchange(gateway.port, post)).status, 200);
  assert.equal(endpoint.accepted, 2);
  assert.equal((await exchange(gateway.port, get)).status, 200);
  assert.equal(endpoint.accepted, 2);
});

test('an answer before the request’s body has ended reaches the client; both connections end', async () => {
  await using endpoint = await scriptedEndpoint(
    answering('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nbeginning');
  const response = await client.response('POST');
  assert.equal(response.status, 403);
  assert.equal(response.headers['connection'], 'close');
  await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
  client.send('GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n');
  await client.untilClosed();
  assert.equal(client.received.length, 0);
  assert.doesNotMatch(endpoint.seen(), /smuggled/);
});

test('an early answer with a close is not lost while a large body is being sent', async () => {
  await using endpoint = await scriptedEndpoint((peer) => {
    if (peer.text().length > 100_000) {
      peer.socket.pause();
      peer.socket.end('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig');
    }
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(200_000)}`);
  assert.equal((await client.response('POST')).status, 413);
});

test('bytes on an idle pooled connection end it before it is used again', async () => {
  await using endpoint = await scriptedEndpoint(answering(ok));
  await using gateway = await startGateway({ ports: [endpoint.port] });
  assert.equal((await exchange(gateway.port, get)).status, 200);
  const [socket] = endpoint.sockets;
  socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
  await eventually(() => endpoint.sockets.size === 0, 'the connection to close');
  assert.equal((await exchange(gateway.port, get)).body.toString(), 'ok');
});

test('another endpoint is tried when one cannot be dialled, whatever the method', async () => {
  await using gone = await recordingEndpoint();
  const deadPort = gone.port;
  await gone[Symbol.asyncDispose]();
  await using alive = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [deadPort, alive.port] });
  for (const method of ['GET', 'POST']) {
    for (let i = 0; i < 4; i++) {
      const request = `${method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc`;
      assert.equal((await exchange(gateway.port, request)).status, 200);
    }
  }
  assert.equal(alive.requests.length, 8);
  assert.ok(alive.requests.every(({ body }) => body.toString() === 'abc'));
});

test('no endpoint that can be dialled: 502 with the reason’s code', async () => {
  await using gone = await recordingEndpoint();
  await gone[Symbol.asyncDispose]();
  await using gateway = await startGateway({ ports: [gone.port] });
  const response = await exchange(gateway.port, get);
  assert.equal(response.status, 502);
  assert.equal(JSON.parse(response.body.toString()).code, 'endpoint.dial');
  assert.equal((await gateway.plane.stats()).refusals['endpoint.dial'], 1);
});

test('no endpoint at all: 503 with Retry-After', async () => {
  await using gateway = await startGateway({ ports: [] });
  const response = await exchange(gateway.port, get);
  assert.equal(response.status, 503);
  assert.equal(response.headers['retry-after'], '1');
});

test('an endpoint that drops a fresh connection: GET goes to the other, POST gets 502', async () => {
  await using dropping = await scriptedEndpoint((peer) => peer.socket.destroy());
  await using alive = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [dropping.port, alive.port] });
  for (let i = 0; i < 4; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx';
  const statuses = [await exchange(gateway.port, post), await exchange(gateway.port, post)].map(
    (r) => r.status,
  );
  assert.deepEqual(statuses.sort(), [200, 502]);
});
