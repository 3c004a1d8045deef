import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { rawClient } from '../testing/raw-client.ts';

const asked =
  'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n\r\n';
const switched =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: zwKd5BnoWxQ6GxTxxSmBSHGHX9M=\r\n\r\n';

/** Switches, then echoes every byte, with `hello` sent right behind the 101. */
function echo() {
  const switchedOn = new Set<number>();
  return scriptedEndpoint((peer, piece) => {
    if (switchedOn.has(peer.index)) {
      peer.socket.write(piece);
      return;
    }
    const end = peer.text().indexOf('\r\n\r\n');
    if (end < 0) return;
    switchedOn.add(peer.index);
    peer.send(`${switched}hello`);
    const rest = peer.text().slice(end + 4);
    if (rest !== '') peer.send(rest);
  });
}

test('a WebSocket upgrade becomes a tunnel, with bytes behind the heads on both sides', async () => {
  await using endpoint = await echo();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(`${asked}early`);
  const response = await client.response();
  assert.equal(response.status, 101);
  assert.equal(response.headers['upgrade'], 'websocket');
  assert.equal(response.headers['connection'], 'Upgrade');
  assert.equal(response.headers['sec-websocket-accept'], 'zwKd5BnoWxQ6GxTxxSmBSHGHX9M=');
  await client.until(() => client.received.toString() === 'helloearly', 'both early pieces');
  client.send(Buffer.from([0, 255, 13, 10]));
  await client.until(() => client.received.length === 14, 'the echo');
  assert.deepEqual([...client.received.subarray(10)], [0, 255, 13, 10]);
  assert.match(endpoint.seen(), /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
  assert.match(endpoint.seen(), /\r\nSec-WebSocket-Key: abc\r\n/);
});

test('a tunnel passes megabytes both ways under back-pressure', async () => {
  await using endpoint = await echo();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(asked);
  assert.equal((await client.response()).status, 101);
  let received = client.received.length;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (piece: Buffer) => {
    received += piece.length;
  });
  const size = 4 * 1024 * 1024;
  client.socket.write(Buffer.alloc(size, 1));
  await eventually(() => received === size + 5, 'the echo of it all');
});

test('the end of either side ends the tunnel', async () => {
  await using endpoint = await echo();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using first = await rawClient(gateway.port);
  first.send(asked);
  await first.response();
  first.socket.destroy();
  await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s side to end');
  using second = await rawClient(gateway.port);
  second.send(asked);
  await second.response();
  for (const socket of endpoint.sockets) socket.destroy();
  await second.untilClosed();
  assert.equal((await gateway.plane.stats()).entryPoints[0]?.codes['101'], 2);
  assert.equal((await gateway.plane.stats()).requests.inFlight, 0);
});

test('a refused upgrade is an ordinary answer', async () => {
  await using endpoint = await scriptedEndpoint(
    answering('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(asked);
  const response = await client.response();
  assert.deepEqual([response.status, response.body.toString()], [403, 'no']);
});

test('an upgrade goes on a connection of its own', async () => {
  await using endpoint = await scriptedEndpoint(
    answering((head) =>
      head.startsWith('GET /chat') ? switched : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await client.response();
  client.send(asked);
  assert.equal((await client.response()).status, 101);
  assert.equal(endpoint.accepted, 2);
});

for (const [why, fields, body] of [
  ['h2c', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n', ''],
  ['an unknown protocol', 'Connection: Upgrade\r\nUpgrade: foo\r\n', ''],
  ['several protocols', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n', ''],
  ['no Connection: Upgrade', 'Upgrade: websocket\r\n', ''],
  ['a body', 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n', 'abc'],
  [
    'a chunked body',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n',
    '0\r\n\r\n',
  ],
] as const) {
  test(`an upgrade with ${why} is an ordinary request`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send(`GET /x HTTP/1.1\r\nHost: h\r\n${fields}\r\n${body}`);
    assert.equal((await client.response()).status, 200);
    const names = endpoint.requests[0]?.rawHeaders.map((text) => text.toLowerCase()) ?? [];
    assert.equal(names.includes('upgrade') || names.includes('http2-settings'), false);
    client.send('GET /y HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(
      endpoint.requests.map((request) => request.url),
      ['/x', '/y'],
    );
  });
}

test('an endpoint that switches to another protocol than asked is refused', async () => {
  await using endpoint = await scriptedEndpoint(
    answering('HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(asked);
  assert.equal((await client.response()).status, 502);
});

test('bytes behind an upgrade that was refused never become a request', async () => {
  await using endpoint = await scriptedEndpoint(answering('HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n'));
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(`${asked}GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n`);
  assert.equal((await client.response()).status, 403);
  await client.untilClosed();
  assert.equal(client.received.length, 0);
  assert.doesNotMatch(endpoint.seen(), /smuggled/);
});
