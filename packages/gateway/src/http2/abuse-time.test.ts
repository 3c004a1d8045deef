/** Slowness and silence: each deadline that an HTTP/2 client can run out of. */
import assert from 'node:assert/strict';
import { type Arena, abuse } from '../testing/h2-arena.ts';
import { block } from '../testing/h2-hpack-writer.ts';
import { type H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';

const { types, flags } = wire;
const times = { limits: { headTimeoutMs: 2000, bodyStallTimeoutMs: 8000, idleTimeoutMs: 16_000 } };

/** Alive after `early`, closed after `late` milliseconds in all. */
async function closedBetween(arena: Arena, client: H2Raw, early: number, late: number): Promise<void> {
  await arena.read();
  await arena.pass(early);
  await arena.read();
  assert.equal(client.closed, false, 'not before its time');
  await arena.pass(late - early);
  await client.untilClosed();
}

abuse('over TLS: nothing, then silence', { ...times, tls: true }, async (arena) => {
  const client = await arena.attacker({ silent: true, acks: false });
  await closedBetween(arena, client, 1000, 3000);
});

abuse(
  'a body read a byte at a time is cut when the whole takes too long',
  { limits: { writeTimeoutMs: 4000 } },
  async (arena) => {
    const client = await arena.attacker({ settings: [[wire.settings.initialWindowSize, 0]], credits: false });
    const id = client.open(pseudo('/big/1000'));
    for (let i = 0; i < 24 && client.stream(id).reset === undefined; i++) {
      client.send(wire.windowUpdate(id, 1));
      await arena.pass(250);
    }
    const view = await client.outcome(id);
    assert.deepEqual([view.ended, typeof view.reset], [false, 'number']);
    await arena.settled(1);
  },
);

for (const [why, text] of [
  ['nothing', ''],
  ['half a preface', wire.preface.slice(0, 10)],
  ['a preface without its last byte', wire.preface.slice(0, -1)],
  ['a preface and no SETTINGS', wire.preface],
] as const) {
  abuse(`${why}, then silence`, times, async (arena) => {
    const client = await arena.attacker({ silent: true, acks: false });
    client.send(text);
    await closedBetween(arena, client, 1000, 3000);
  });
}

abuse('a preface drop by drop', times, async (arena) => {
  const client = await arena.attacker({ silent: true, acks: false });
  for (const byte of wire.preface.slice(0, 14)) {
    client.send(byte);
    await arena.read();
    await arena.pass(250);
  }
  await client.untilClosed();
});

abuse('a preface that goes wrong', times, async (arena) => {
  for (const text of [
    'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n',
    'PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n',
    'PRI / HTTP/2.0\r\n\r\n',
  ]) {
    const client = await arena.attacker({ silent: true, acks: false });
    client.send(text);
    await client.untilClosed();
    assert.equal(arena.endpoint.requests.filter(({ method }) => method === 'PRI').length, 0);
  }
});

abuse('a first frame that is no SETTINGS', times, async (arena) => {
  for (const first of [
    wire.ping(),
    wire.settingsAck,
    wire.frame(types.headers, 5, 1, block(pseudo('/evil'))),
  ]) {
    const client = await arena.attacker({ silent: true, acks: false });
    client.send(wire.preface, first);
    assert.equal(await client.goaway(), wire.errors.protocol);
    await client.untilClosed();
  }
  assert.equal(arena.seen('/evil'), 0);
});

for (const [why, bytes] of [
  ['half a frame head', wire.frame(types.headers, 5, 1, block(pseudo('/evil'))).subarray(0, 5)],
  ['half a HEADERS frame', wire.frame(types.headers, 5, 1, block(pseudo('/evil'))).subarray(0, 20)],
  ['HEADERS without END_HEADERS', wire.frame(types.headers, flags.endStream, 1, block(pseudo('/evil')))],
  ['half a PING', wire.ping().subarray(0, 12)],
] as const) {
  abuse(`${why}, then silence`, times, async (arena) => {
    const client = await arena.attacker();
    client.send(bytes);
    await closedBetween(arena, client, 1000, 3500);
    assert.equal(arena.seen('/evil'), 0);
  });
}

abuse('a header block drop by drop', { ...times, http2: { maxContinuationFrames: 1000 } }, async (arena) => {
  const client = await arena.attacker();
  client.frame(types.headers, flags.endStream, 1, block(pseudo('/evil')));
  for (let i = 0; i < 14 && !client.closed; i++) {
    client.frame(types.continuation, 0, 1, block([['x', String(i)]]));
    await arena.read();
    await arena.pass(250);
  }
  await client.untilClosed();
  assert.equal(arena.seen('/evil'), 0);
});

for (const [why, bytes] of [
  ['no DATA', Buffer.alloc(0)],
  ['half a DATA frame', wire.data(1, 'x'.repeat(100)).subarray(0, 50)],
  [
    'half a DATA frame’s padding',
    wire.frame(types.data, flags.padded, 1, wire.padded('x', 100)).subarray(0, 50),
  ],
] as const) {
  abuse(`a body that stalls: ${why}`, { limits: { bodyStallTimeoutMs: 3000 } }, async (arena) => {
    const client = await arena.attacker();
    const id = client.open(pseudo('/hang', 'POST'), false);
    client.send(bytes);
    await arena.read();
    await arena.pass(2000);
    const view = client.stream(id);
    assert.deepEqual([view.ended, view.reset, client.closed], [false, undefined, false]);
    await arena.pass(2000);
    await client.until(() => view.ended || view.reset !== undefined || client.closed, 'the end of it');
    if (view.blocks.length > 0) assert.equal(statusOf(view), 408);
    await arena.settled(1);
    assert.equal(arena.seen('/hang'), 0);
  });
}

abuse(
  'an idle connection is told and closed after the idle time',
  { limits: { idleTimeoutMs: 4000 } },
  async (arena) => {
    const client = await arena.attacker();
    assert.equal(statusOf(await client.get('/fine')), 200);
    await arena.pass(3000);
    assert.equal(statusOf(await client.get('/fine')), 200);
    await arena.pass(3000);
    assert.equal(client.closed, false);
    await arena.pass(2000);
    await client.untilClosed();
    const goaway = client.frames.find((one) => one.type === types.goaway);
    assert.equal(goaway === undefined ? -1 : wire.codeOf(goaway), wire.errors.none);
    assert.equal(client.cleanEnd, true);
  },
);

abuse(
  'a connection that never asks for anything is idle too',
  { limits: { idleTimeoutMs: 4000 } },
  async (arena) => {
    const client = await arena.attacker();
    await arena.pass(6000);
    await client.untilClosed();
  },
);

abuse(
  'streams in flight keep a connection from being idle',
  { limits: { idleTimeoutMs: 2000 } },
  async (arena) => {
    const client = await arena.attacker();
    const id = client.open(pseudo('/hang'));
    await arena.read();
    await arena.pass(5000);
    await client.roundTrip();
    assert.deepEqual([client.stream(id).reset, client.closed], [undefined, false]);
  },
);
