import assert from 'node:assert/strict';
import { createServer, connect as h2connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { h2Endpoint } from './h2-endpoint.ts';
import { fieldOf } from './h2-peer.ts';
import { H2Raw, pseudo, statusOf } from './h2-raw.ts';
import * as wire from './h2-wire.ts';

test('the raw client talks with node:http2', async () => {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'x-path': request.url, date: 'never' });
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  using client = await H2Raw.connect((server.address() as AddressInfo).port);
  const id = client.open(pseudo('/echo', 'POST'), false);
  client.send(wire.data(id, 'hello'), wire.frame(wire.types.data, 9, id, wire.padded(' you', 7)));
  const view = await client.outcome(id);
  assert.deepEqual(
    [statusOf(view), fieldOf(view, 'x-path'), view.body.toString()],
    [200, '/echo', 'hello you'],
  );
  const second = await client.get('/again');
  assert.deepEqual([statusOf(second), fieldOf(second, 'x-path')], [200, '/again']);
  await client.roundTrip();
  client.frame(wire.types.data, 0, 99, 'x');
  assert.equal(await client.goaway(), wire.errors.protocol);
  await client.untilClosed();
  server.close();
});

test('node:http2 talks with the raw endpoint', async () => {
  await using endpoint = await h2Endpoint({
    whole: (peer, view) => peer.respond(view.id, '201', `got ${view.body}`, [['x-a', 'b']]),
  });
  const session = h2connect(`http://127.0.0.1:${endpoint.port}`);
  for (const text of ['one', 'two']) {
    const request = session.request({ ':method': 'POST', ':path': '/p', 'x-long': 'y'.repeat(100) });
    request.end(text);
    const [head] = await new Promise<[Record<string, unknown>]>((resolve) =>
      request.on('response', (headers) => resolve([headers])),
    );
    let body = '';
    for await (const piece of request) body += piece;
    assert.deepEqual([head[':status'], head['x-a'], body], [201, 'b', `got ${text}`]);
  }
  assert.deepEqual(endpoint.requests, ['POST /p', 'POST /p']);
  session.close();
});
