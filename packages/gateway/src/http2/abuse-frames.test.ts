/** Frames that RFC 9113 forbids: what each one costs, and that it costs nobody else. */
import assert from 'node:assert/strict';
import { abuse } from '../testing/h2-arena.ts';
import { block, indexed, literal } from '../testing/h2-hpack-writer.ts';
import { type H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';

const { types, flags, errors, settings } = wire;
const bytes = (...all: readonly number[]) => Buffer.from(all);

/** What ends the connection: reason, allowed codes, and the frames, given the id of an open POST. */
const fatal: readonly (readonly [why: string, codes: readonly number[], frames: (open: number) => Buffer])[] =
  [
    ['HEADERS on stream 0', [1], () => wire.frame(types.headers, 5, 0, block(pseudo()))],
    [
      'HEADERS on an even stream',
      [1],
      (open) => wire.frame(types.headers, 5, open + 1, block(pseudo('/evil'))),
    ],
    [
      'stream ids going backwards',
      [1, 5],
      () =>
        Buffer.concat([
          wire.frame(types.headers, 5, 101, block(pseudo('/fine'))),
          wire.frame(types.headers, 5, 99, block(pseudo('/evil'))),
        ]),
    ],
    ['DATA on stream 0', [1], () => wire.data(0, 'x')],
    ['DATA on an idle stream', [1], (open) => wire.data(open + 2, 'x')],
    ['DATA on an even idle stream', [1], (open) => wire.data(open + 1, 'x')],
    ['RST_STREAM on an idle stream', [1], (open) => wire.rst(open + 2)],
    ['RST_STREAM on stream 0', [1], () => wire.rst(0)],
    ['RST_STREAM of a wrong length', [6], (open) => wire.frame(types.rst, 0, open, 'abc')],
    ['WINDOW_UPDATE on an idle stream', [1], (open) => wire.windowUpdate(open + 2, 1)],
    ['WINDOW_UPDATE of nothing for the connection', [1], () => wire.windowUpdate(0, 0)],
    ['WINDOW_UPDATE past 2^31-1 for the connection', [3], () => wire.windowUpdate(0, 0x7fffffff)],
    ['WINDOW_UPDATE of a wrong length', [6], (open) => wire.frame(types.windowUpdate, 0, open, 'abc')],
    [
      'PUSH_PROMISE from a client',
      [1],
      (open) => wire.frame(types.push, 4, open, Buffer.concat([wire.uint32(2), block(pseudo())])),
    ],
    ['CONTINUATION without HEADERS', [1], (open) => wire.frame(types.continuation, 4, open, block(pseudo()))],
    [
      'DATA inside a header block',
      [1],
      (open) =>
        Buffer.concat([wire.frame(types.headers, 1, open + 2, block(pseudo('/evil'))), wire.data(open, 'x')]),
    ],
    [
      'CONTINUATION of another stream',
      [1],
      (open) =>
        Buffer.concat([
          wire.frame(types.headers, 1, open + 2, block(pseudo('/evil'))),
          wire.frame(types.continuation, 4, open, ''),
        ]),
    ],
    [
      'a PING inside a header block',
      [1],
      (open) => Buffer.concat([wire.frame(types.headers, 1, open + 2, block(pseudo('/evil'))), wire.ping()]),
    ],
    [
      'an unknown frame inside a header block',
      [1],
      (open) =>
        Buffer.concat([wire.frame(types.headers, 1, open + 2, block(pseudo('/evil'))), wire.frame(77, 0, 0)]),
    ],
    ['PING of a wrong length', [6], () => wire.ping('1234567')],
    ['PING on a stream', [1], (open) => wire.frame(types.ping, 0, open, '12345678')],
    ['GOAWAY on a stream', [1], (open) => wire.frame(types.goaway, 0, open, Buffer.alloc(8))],
    ['GOAWAY too short', [6], () => wire.frame(types.goaway, 0, 0, Buffer.alloc(7))],
    ['SETTINGS on a stream', [1], (open) => wire.frame(types.settings, 0, open)],
    ['SETTINGS of a broken length', [6], () => wire.frame(types.settings, 0, 0, Buffer.alloc(5))],
    ['SETTINGS ACK with a payload', [6], () => wire.frame(types.settings, flags.ack, 0, Buffer.alloc(6))],
    [
      'SETTINGS: a window past 2^31-1',
      [3],
      () => wire.settingsFrame([[settings.initialWindowSize, 0x80000000]]),
    ],
    ['SETTINGS: frames smaller than 16384', [1], () => wire.settingsFrame([[settings.maxFrameSize, 16383]])],
    [
      'SETTINGS: frames larger than can be',
      [1],
      () => wire.settingsFrame([[settings.maxFrameSize, 2 ** 24]]),
    ],
    ['SETTINGS: push neither on nor off', [1], () => wire.settingsFrame([[settings.enablePush, 2]])],
    [
      'SETTINGS that lift a stream’s window past 2^31-1',
      [3],
      (open) =>
        Buffer.concat([
          wire.windowUpdate(open, 0x7fff0000),
          wire.settingsFrame([[settings.initialWindowSize, 0x7fffffff]]),
        ]),
    ],
    [
      'HEADERS padded past their end',
      [1],
      (open) => wire.frame(types.headers, 5 | flags.padded, open + 2, bytes(200, 0x82)),
    ],
    ['HEADERS padded and empty', [1, 6], (open) => wire.frame(types.headers, 5 | flags.padded, open + 2)],
    [
      'HEADERS too short for their priority',
      [1, 6],
      (open) => wire.frame(types.headers, 5 | flags.priority, open + 2, 'abc'),
    ],
    [
      'DATA padded past its end',
      [1],
      (open) => wire.frame(types.data, flags.padded, open, wire.padded('abc', 0, 200)),
    ],
    [
      'DATA padded by its whole length',
      [1],
      (open) => wire.frame(types.data, flags.padded, open, wire.padded('abc', 0, 4)),
    ],
    ['DATA padded and empty', [1, 6], (open) => wire.frame(types.data, flags.padded, open)],
    [
      'HEADERS larger than a frame may be',
      [6],
      (open) => wire.frame(types.headers, 5, open + 2, Buffer.alloc(16385)),
    ],
    ['a frame that says it is 16 MiB', [6], (open) => wire.frame(types.headers, 5, open + 2, '', 0xffffff)],
    ['an unknown frame larger than a frame may be', [6], () => wire.frame(77, 0, 0, Buffer.alloc(16385))],
    ['SETTINGS larger than a frame may be', [6], () => wire.frame(types.settings, 0, 0, Buffer.alloc(16386))],
  ];

async function refusedWith(client: H2Raw, codes: readonly number[]): Promise<void> {
  const code = await client.goaway();
  assert.ok(codes.includes(code), `GOAWAY ${code}, want ${codes}`);
  await client.untilClosed();
}

for (const [why, codes, frames] of fatal) {
  abuse(why, {}, async (arena) => {
    const client = await arena.attacker();
    const open = client.open(pseudo('/hang', 'POST'), false);
    client.send(frames(open));
    await refusedWith(client, codes);
    assert.equal(arena.seen('/evil'), 0);
    await arena.settled(1);
  });
}

abuse('more streams than allowed', { http2: { maxConcurrentStreams: 4 } }, async (arena) => {
  const client = await arena.attacker();
  const ids = Array.from({ length: 4 }, () => client.open(pseudo('/hang')));
  const over = client.takeId();
  // Refused, and yet its fields count for the table: it was decoded.
  client.frame(
    types.headers,
    5,
    over,
    Buffer.concat([block(pseudo('/evil')), literal(['x-late', 'v'], 0x40)]),
  );
  assert.equal((await client.outcome(over)).reset, errors.refusedStream);
  client.send(wire.rst(ids[0] as number));
  await client.roundTrip();
  const id = client.takeId();
  client.frame(types.headers, 5, id, Buffer.concat([block(pseudo('/fine')), indexed(62)]));
  assert.equal(statusOf(await client.outcome(id)), 200);
  const seen = arena.endpoint.requests.find(({ url }) => url === '/fine');
  assert.deepEqual(
    seen?.rawHeaders.filter((_, i, all) => all[i - 1]?.toLowerCase() === 'x-late'),
    ['v'],
  );
  assert.equal(arena.seen('/evil'), 0);
});

abuse('frames behind our GOAWAY', {}, async (arena) => {
  const client = await arena.attacker();
  client.send(wire.data(99, 'x'));
  for (let i = 0; i < 100; i++) client.open(pseudo('/evil'));
  await refusedWith(client, [errors.protocol]);
  assert.equal(arena.seen('/evil'), 0);
});

abuse('a client’s GOAWAY lets its requests end', {}, async (arena) => {
  const client = await arena.attacker();
  const open = client.open(pseudo('/fine', 'POST'), false);
  client.send(wire.goaway(0));
  client.send(wire.data(open, 'x', true));
  assert.equal(statusOf(await client.outcome(open)), 200);
  client.socket.end();
  await client.untilClosed();
});

abuse('the last stream id there is', {}, async (arena) => {
  const client = await arena.attacker();
  client.headers(0x7fffffff, pseudo('/fine'));
  assert.equal(statusOf(await client.outcome(0x7fffffff)), 200);
  client.headers(1, pseudo('/evil'));
  await refusedWith(client, [errors.protocol, errors.streamClosed]);
  assert.equal(arena.seen('/evil'), 0);
});

abuse('reserved bits mean nothing', {}, async (arena) => {
  const client = await arena.attacker();
  const id = client.takeId();
  client.frame(types.headers, 0xd2 | 5, id + 0x80000000, block(pseudo('/fine')));
  assert.equal(statusOf(await client.outcome(id)), 200);
});

abuse('more fields than allowed', {}, async (arena) => {
  const client = await arena.attacker();
  const id = client.open([
    ...pseudo('/evil'),
    ...Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'y'] as const),
  ]);
  assert.equal(statusOf(await client.outcome(id)), 431);
  assert.equal(statusOf(await client.get('/fine')), 200);
  assert.equal(arena.seen('/evil'), 0);
});

abuse('a client that leaves a hundred requests behind', {}, async (arena) => {
  const client = await arena.attacker();
  for (let i = 0; i < 100; i++) client.open(pseudo('/hang', i % 2 === 0 ? 'GET' : 'POST'), i % 2 === 0);
  await client.roundTrip();
  await arena.settled(101);
  client.socket.resetAndDestroy();
  await arena.settled(1);
});
