/** The gateway as client of an h2c endpoint that is odd or hostile: a clean error, never a hang, a leak or a mixed-up answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { before } from '../testing/h2-before.ts';
import type { H2EndpointOptions } from '../testing/h2-endpoint.ts';
import { hostileAnswers } from '../testing/h2-hostile-answers.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const { errors } = wire;
const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
const post = (body = 'abc') => `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

for (const { why, answer } of hostileAnswers) {
  test(`502: ${why}`, { timeout: 20_000 }, async () => {
    await using t = await before({ head: answer });
    for (const request of [get('/a'), post()]) {
      const response = await exchange(t.port, request);
      assert.equal(response.status, 502);
      assert.equal(response.headers['content-type'], 'application/problem+json');
      assert.match(JSON.parse(response.body.toString()).code, /^endpoint\./);
    }
    using client = await H2Raw.connect(t.port);
    assert.equal(statusOf(await client.get('/h2')), 502);
    await t.unharmed();
  });
}

test('an endpoint that speaks HTTP/1.1 instead is 502', async () => {
  await using t = await before({
    silent: true,
    connected: (peer) => peer.send('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  });
  assert.equal((await exchange(t.port, get())).status, 502);
  await t.unharmed();
});

test('an endpoint that is silent after the preface is 504', async () => {
  await using t = await before({ silent: true, acks: false });
  using client = await rawClient(t.port);
  client.send(post());
  await eventually(() => t.hostile.peers.length > 0, 'a connection');
  await t.pass(4000);
  assert.equal((await client.response('POST')).status, 504);
  await t.unharmed();
});

test('an endpoint that never answers is 504, and the stream is cancelled', async () => {
  await using t = await before({ head: () => undefined });
  using client = await rawClient(t.port);
  client.send(post());
  await eventually(() => t.hostile.requests.length === 1, 'the request');
  await t.pass(4000);
  assert.equal((await client.response('POST')).status, 504);
  await t.unharmed();
  const [peer] = t.hostile.peers;
  await eventually(() => peer?.stream(1).reset !== undefined || peer?.closed === true, 'the cancellation');
});

test('an endpoint that leaves PING unanswered is given up', async () => {
  const transport = { responseHeaderTimeoutMs: 0, readIdleTimeoutMs: 1000, pingTimeoutMs: 1000 };
  await using t = await before({ head: () => undefined, acks: false }, { transport });
  using client = await rawClient(t.port);
  client.send(post());
  await eventually(() => t.hostile.requests.length === 1, 'the request');
  await t.pass(3500);
  assert.ok([502, 504].includes((await client.response('POST')).status));
  await t.unharmed();
});

for (const [why, send] of [
  ['GOAWAY with a lower last stream', () => wire.goaway(0)],
  ['GOAWAY with an error and a lower last stream', () => wire.goaway(0, errors.calm)],
  ['REFUSED_STREAM', (stream: number) => wire.rst(stream, errors.refusedStream)],
] as const) {
  for (const request of [get(), post()]) {
    test(`${why} moves a ${request.slice(0, 4)} elsewhere`, async () => {
      await using t = await before({ head: (peer, view) => peer.send(send(view.id)) }, { spare: true });
      for (let i = 0; i < 4; i++) assert.equal((await exchange(t.port, request)).status, 200);
      assert.ok(t.hostile.requests.length > 0);
      assert.equal(t.good.requests.length, 4);
      if (request.startsWith('POST')) assert.equal(String(t.good.requests[0]?.body), 'abc');
      await t.unharmed();
    });
  }
}

test('GOAWAY moves to a new connection what the endpoint has not processed, the rest is answered', async () => {
  await using t = await before({
    whole: (peer, view) => {
      if (peer.index > 0) peer.respond(view.id, '200', `new ${view.id}`);
      else if (view.id === 5) {
        peer.send(wire.goaway(1));
        peer.respond(1, '200', 'old');
      }
    },
  });
  const clients = await Promise.all([1, 2, 3].map(() => rawClient(t.port)));
  for (const [i, client] of clients.entries()) {
    client.send(post('x'.repeat(i + 1)));
    await eventually(() => t.hostile.requests.length > i, 'the request');
  }
  const bodies = await Promise.all(
    clients.map(async (client) => String((await client.response('POST')).body)),
  );
  assert.deepEqual(bodies[0], 'old');
  for (const body of bodies.slice(1)) assert.match(body, /^new/);
  for (const client of clients) client.socket.destroy();
  await eventually(() => t.hostile.peers[0]?.closed === true, 'the old connection to go');
  await t.unharmed();
});

test('a POST that was processed is never sent twice', async () => {
  const ends = [
    (stream: number) => wire.rst(stream, errors.internal),
    (stream: number) => wire.goaway(stream, errors.internal),
  ];
  for (const end of ends) {
    await using t = await before(
      {
        whole: (peer, view) => {
          peer.send(end(view.id));
          if (end === ends[1]) peer.socket.end();
        },
      },
      { spare: true },
    );
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) statuses.push((await exchange(t.port, post())).status);
    assert.deepEqual(statuses.sort(), [200, 502]);
    assert.deepEqual([t.hostile.requests.length, t.good.requests.length], [1, 1]);
    await t.unharmed();
  }
});

for (const [why, end] of [
  ['RST_STREAM', (stream: number) => wire.rst(stream, errors.internal)],
  ['RST_STREAM without error', (stream: number) => wire.rst(stream, errors.none)],
  ['too little DATA', (stream: number) => wire.data(stream, '', true)],
  ['too much DATA', (stream: number) => wire.data(stream, 'x'.repeat(100), true)],
  ['HEADERS that are no trailers', (stream: number) => wire.frame(1, 4, stream, Buffer.from([0x88]))],
  ['trailers with a pseudo-header', (stream: number) => wire.frame(1, 5, stream, Buffer.from([0x88]))],
  ['broken padding', (stream: number) => wire.frame(0, 8, stream, Buffer.from([9]))],
  ['GOAWAY and the end of the connection', (stream: number) => wire.goaway(stream + 2)],
] as const) {
  test(`a response broken off by ${why} is never taken for whole`, async () => {
    await using t = await before({
      whole: (peer, view) => {
        peer.headers(
          view.id,
          [
            [':status', '200'],
            ['content-length', '10'],
          ],
          false,
        );
        peer.send(wire.data(view.id, 'half '));
        // Later, so that the head is on its way to the client.
        setTimeout(() => {
          peer.send(end(view.id));
          if (why.startsWith('GOAWAY')) peer.socket.end();
        }, 5);
      },
    });
    await assert.rejects(exchange(t.port, get()), /^Error: closed/);
    using client = await H2Raw.connect(t.port);
    const view = await client.outcome(client.open(pseudo('/h2')));
    assert.deepEqual([view.ended, typeof view.reset], [false, 'number']);
    await t.unharmed();
  });
}

for (const [why, options] of [
  ['GOAWAY as soon as it is connected', { connected: (peer) => peer.send(wire.goaway(0)) }],
  ['the end as soon as it is connected', { connected: (peer) => peer.socket.end() }],
  ['a reset as soon as it is connected', { connected: (peer) => peer.socket.resetAndDestroy() }],
  ['GOAWAY with a lower last stream, always', { head: (peer) => peer.send(wire.goaway(0)) }],
  ['REFUSED_STREAM, always', { head: (peer, view) => peer.send(wire.rst(view.id, errors.refusedStream)) }],
] as const satisfies readonly (readonly [string, H2EndpointOptions])[]) {
  test(`${why}: a few attempts, then an error`, { timeout: 20_000 }, async () => {
    await using t = await before(options);
    for (const request of [get(), post()]) {
      using client = await rawClient(t.port);
      client.send(request);
      const answer = client.response(request.slice(0, 4).trim());
      let status = 0;
      void answer.then((response) => {
        status = response.status;
      });
      for (let i = 0; i < 8 && status === 0; i++) await t.pass(1000);
      assert.ok([502, 503, 504].includes((await answer).status));
    }
    assert.ok(t.hostile.peers.length <= 20, `${t.hostile.peers.length} connections for two requests`);
    assert.ok(t.hostile.requests.length <= 20, `${t.hostile.requests.length} tries for two requests`);
    await t.unharmed();
  });
}

test('many clients that leave at once do not cost the connection that others share', {
  timeout: 20_000,
}, async () => {
  await using t = await before({ head: () => undefined });
  using stays = await rawClient(t.port);
  stays.send(get('/stays'));
  await eventually(() => t.hostile.requests.length === 1, 'the request that stays');
  const leaving = await Promise.all(Array.from({ length: 8 }, () => H2Raw.connect(t.port)));
  for (const client of leaving) for (let i = 0; i < 200; i++) client.open(pseudo('/leaves'));
  await eventually(() => t.hostile.requests.length === 1601, 'all requests');
  const [peer] = t.hostile.peers;
  assert.equal(t.hostile.peers.length, 1);
  for (const client of leaving) client.socket.destroy();
  await eventually(
    () => (peer?.streams.size ?? 0) >= 1601 && peer?.stream(3201).reset !== undefined,
    'the resets',
  );
  // On its way before the endpoint heard of it: an answer to each of them.
  for (let id = 3; id <= 3201; id += 2) peer?.respond(id);
  peer?.respond(1, '200', 'still here');
  assert.equal(String((await stays.response()).body), 'still here');
  await t.unharmed();
});
