/** The gateway as client of an h2c endpoint that does what few do and RFC 9113 allows: every answer arrives, and is the right one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { before } from '../testing/h2-before.ts';
import { block } from '../testing/h2-hpack-writer.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const { types, flags, errors, settings } = wire;
const get = (path = '/', method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;

test('padding, priority, unknown frames and a head in pieces', async () => {
  await using t = await before({
    whole: (peer, view) => {
      const head = block([
        [':status', '200'],
        ['x-a', 'b'],
      ]);
      const first = Buffer.concat([wire.uint32(0), Buffer.from([1]), head.subarray(0, 9)]);
      peer.send(wire.frame(99, 0xff, view.id, 'unknown'), wire.priority(view.id, 0));
      peer.frame(types.headers, flags.padded | flags.priority, view.id, wire.padded(first, 200));
      peer.frame(types.continuation, 0, view.id, head.subarray(9, 12));
      peer.frame(types.continuation, flags.endHeaders, view.id, head.subarray(12));
      for (const text of ['some ', '', 'data'])
        peer.frame(types.data, flags.padded, view.id, wire.padded(text, 255));
      peer.frame(types.data, flags.padded | flags.endStream, view.id, wire.padded('', 3));
    },
  });
  for (let i = 0; i < 2; i++) {
    const response = await exchange(t.port, get());
    assert.deepEqual(
      [response.status, response.headers['x-a'], String(response.body)],
      [200, 'b', 'some data'],
    );
  }
  assert.equal(t.hostile.peers.length, 1, 'one connection did');
});

test('trailers and interim responses', async () => {
  await using t = await before({
    whole: (peer, view) => {
      peer.headers(
        view.id,
        [
          [':status', '103'],
          ['link', '</x>'],
        ],
        false,
      );
      peer.headers(view.id, [[':status', '100']], false);
      peer.headers(
        view.id,
        [
          [':status', '200'],
          ['trailer', 'x-sum'],
        ],
        false,
      );
      peer.send(wire.data(view.id, 'abc'));
      peer.headers(view.id, [['x-sum', '1']]);
    },
  });
  using plain = await rawClient(t.port);
  plain.send(get());
  let response = await plain.response();
  while (response.status < 200) response = await plain.response();
  assert.deepEqual([response.status, String(response.body), response.trailers['x-sum']], [200, 'abc', '1']);
  using client = await H2Raw.connect(t.port);
  const view = await client.get('/h2');
  assert.deepEqual([statusOf(view), String(view.body)], [200, 'abc']);
  assert.deepEqual(view.blocks.at(-1), [['x-sum', '1']]);
});

test('answers without a body, whatever length they tell', async () => {
  await using t = await before({
    whole: (peer, view) => {
      const path = view.blocks[0]?.find(([name]) => name === ':path')?.[1] ?? '';
      peer.headers(view.id, [
        [':status', path.slice(1)],
        ['content-length', path === '/204' ? '0' : '500'],
      ]);
    },
  });
  using client = await rawClient(t.port);
  client.send(get('/200', 'HEAD'));
  const head = await client.response('HEAD');
  assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, '500', 0]);
  client.send(get('/304'));
  assert.equal((await client.response()).status, 304);
  client.send(get('/204'));
  assert.equal((await client.response()).status, 204);
});

test('answers in another order, their DATA in turn, are not mixed up', async () => {
  const waiting: number[] = [];
  await using t = await before({
    whole: (peer, view) => {
      waiting.push(view.id);
      if (waiting.length < 20) return;
      const path = (id: number) => peer.stream(id).blocks[0]?.find(([name]) => name === ':path')?.[1] ?? '';
      for (const id of waiting.reverse()) peer.headers(id, [[':status', '200']], false);
      for (let i = 0; i < 5; i++) for (const id of waiting) peer.send(wire.data(id, `${path(id)} `));
      for (const id of waiting) peer.send(wire.data(id, '', true));
    },
  });
  const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
  const bodies = await Promise.all(
    paths.map(async (path) => String((await exchange(t.port, get(path))).body)),
  );
  assert.deepEqual(
    bodies,
    paths.map((path) => `${path} `.repeat(5)),
  );
  assert.equal(t.hostile.peers.length, 1);
});

test('GOAWAY without error ends nothing that runs, and the next request takes a new connection', async () => {
  await using t = await before({
    whole: (peer, view) => {
      peer.send(wire.goaway(view.id));
      peer.respond(view.id, '200', String(peer.index));
    },
  });
  const bodies: string[] = [];
  for (let i = 0; i < 3; i++) bodies.push(String((await exchange(t.port, get())).body));
  assert.deepEqual(bodies, ['0', '1', '2']);
  await eventually(() => t.hostile.peers.every(({ closed }) => closed), 'the gateway to leave the old ones');
});

test('GOAWAY in two steps, as RFC 9113 §6.8 has it', async () => {
  await using t = await before({
    head: (peer, view) => {
      if (peer.index > 0) return;
      peer.send(wire.goaway(0x7fffffff));
      setImmediate(() => {
        peer.send(wire.goaway(view.id));
        peer.respond(view.id, '200', 'old');
      });
    },
    whole: (peer, view) => {
      if (peer.index > 0) peer.respond(view.id, '200', 'new');
    },
  });
  assert.equal(String((await exchange(t.port, get())).body), 'old');
  assert.equal(String((await exchange(t.port, get())).body), 'new');
});

test('frames behind the end of a stream spoil no other answer', async () => {
  await using t = await before({
    whole: (peer, view) => {
      peer.respond(view.id, '200', `answer ${view.blocks[0]?.find(([name]) => name === ':path')?.[1]}`);
      peer.send(wire.data(view.id, 'evil', true));
      peer.headers(view.id, [[':status', '500']]);
      peer.send(wire.rst(view.id));
    },
  });
  for (const path of ['/1', '/2', '/3']) {
    const response = await exchange(t.port, get(path));
    assert.deepEqual([response.status, String(response.body)], [200, `answer ${path}`]);
  }
  await t.unharmed();
});

test('an endpoint that floods PING, SETTINGS and interim responses is answered or refused', async () => {
  for (const flood of [
    () => wire.ping(),
    () => wire.settingsFrame([[settings.initialWindowSize, 70_000]]),
    (stream: number) => wire.frame(types.headers, 4, stream, block([[':status', '103']])),
    (stream: number) => wire.data(stream, ''),
    () => wire.frame(99, 0, 0, 'unknown'),
  ]) {
    await using t = await before({
      whole: (peer, view) => {
        peer.send(Buffer.concat(Array.from({ length: 3000 }, () => flood(view.id))));
        peer.respond(view.id);
      },
    });
    using client = await H2Raw.connect(t.port);
    const view = await client.get('/');
    assert.ok([200, 502].includes(statusOf(view)));
    await t.unharmed();
  }
});

test('a client that leaves cancels the endpoint’s stream, and only that', async () => {
  await using t = await before({
    head: (peer, view) => {
      const path = view.blocks[0]?.find(([name]) => name === ':path')?.[1];
      if (path !== '/hang') peer.respond(view.id);
    },
  });
  using stays = await rawClient(t.port);
  stays.send(get('/hang'));
  await eventually(() => t.hostile.requests.length === 1, 'the request that stays');
  const leaves = await rawClient(t.port);
  leaves.send(get('/hang'));
  await eventually(() => t.hostile.requests.length === 2, 'the request that leaves');
  leaves.socket.destroy();
  const [peer] = t.hostile.peers;
  await eventually(() => peer?.stream(3).reset === errors.cancel, 'RST_STREAM CANCEL');
  assert.equal((await exchange(t.port, get('/fine'))).status, 200);
  peer?.respond(1, '200', 'at last');
  assert.equal(String((await stays.response()).body), 'at last');
  assert.equal(t.hostile.peers.length, 1);
});

test('an endpoint whose table is small, grows and shrinks', async () => {
  await using t = await before({
    whole: (peer, view) => {
      peer.respond(view.id, '200', view.blocks[0]?.find(([name]) => name === 'x-a')?.[1] ?? '');
      peer.keepTable([0, 100, 4096, 60, 65_536][(view.id >> 1) % 5] as number);
    },
  });
  using client = await rawClient(t.port);
  for (let i = 0; i < 20; i++) {
    client.send(`GET / HTTP/1.1\r\nHost: h\r\nX-A: ${'v'.repeat(i * 7)}\r\n\r\n`);
    assert.equal((await client.response()).body.length, i * 7);
  }
  assert.equal(t.hostile.peers.length, 1);
});
