/** Bodies through parent and child: streamed with back-pressure, whole or visibly broken off, never buffered. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually, type ParentProcess, startChild, startParent } from '../harness/harness.ts';
import { switching } from '../harness/web-socket-accept.ts';

const mib = 1024 * 1024;

/** A parent and a child in front of a server of this test's own. */
async function meshWith(server: Server): Promise<{ parent: ParentProcess; stack: AsyncDisposableStack }> {
  await using starting = new AsyncDisposableStack();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  starting.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const parent = starting.use(
    await startParent({
      dynamic: { http: { routers: { all: { rule: 'PathPrefix(`/`)', service: 'big@multicluster' } } } },
    }),
  );
  starting.use(await startChild({ parent, name: 'vm-1', workloads: { big: { url } } }));
  await parent.leg('big', 'vm-1');
  return { parent, stack: starting.move() };
}

test('a 256 MiB upload to an endpoint that reads slowly arrives whole and is not buffered', async () => {
  const hash = createHash('sha256');
  let received = 0;
  const server = createServer(async (incoming, response) => {
    for await (const chunk of incoming) {
      hash.update(chunk);
      received += chunk.length;
      // Slower than the client sends: a pause after every 4 MiB, which is what is tested.
      if (received % (4 * mib) < chunk.length) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    response.end(hash.digest('hex'));
  });
  const { parent, stack } = await meshWith(server);
  await using _ = stack;
  const idle = await parent.rss();
  const piece = Buffer.alloc(mib, 'ficus');
  const expected = createHash('sha256');
  const upload = request(`${parent.url}/`, { method: 'PUT', headers: { 'content-length': 256 * mib } });
  const answered = once(upload, 'response');
  let peak = 0;
  for (let sent = 0; sent < 256; sent++) {
    expected.update(piece);
    if (!upload.write(piece)) await once(upload, 'drain');
    if (sent % 16 === 0) peak = Math.max(peak, await parent.rss());
  }
  upload.end();
  const [response] = await answered;
  let body = '';
  for await (const chunk of response) body += chunk;
  assert.equal(body, expected.digest('hex'));
  assert.ok(peak - idle < 64, `${(peak - idle).toFixed(0)} MiB more than idle`);
});

test('an endpoint that breaks off in the middle of a body breaks the client’s connection off too', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  const { parent, stack } = await meshWith(server);
  await using _ = stack;
  const socket = connect(parent.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await new Promise((resolve) => socket.on('close', resolve));
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /half$/);
});

test('a client that leaves cancels the endpoint’s request', async () => {
  let cancelled = false;
  const server = createServer((incoming, response) => {
    incoming.resume();
    if (incoming.url !== '/wait') return void response.end('ok');
    response.on('close', () => {
      cancelled = !response.writableFinished;
    });
  });
  const { parent, stack } = await meshWith(server);
  await using _ = stack;
  const arrived = once(server, 'request');
  const socket = connect(parent.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /wait HTTP/1.1\r\nhost: x\r\n\r\n');
  await arrived;
  socket.destroy();
  await eventually(() => cancelled, 5000, 'the endpoint to be told');
});

test('a WebSocket upgrade is a tunnel through both gateways', async () => {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    socket.write(switching(request));
    socket.pipe(socket);
    socket.on('error', () => {});
  });
  const { parent, stack } = await meshWith(server);
  await using _ = stack;
  const socket = connect(parent.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write(
    'GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: abc\r\n\r\n',
  );
  await eventually(() => /^HTTP\/1\.1 101 /.test(text), 5000, 'the 101');
  socket.write('there and back');
  await eventually(() => text.endsWith('there and back'), 5000, 'the echo');
  socket.destroy();
});
