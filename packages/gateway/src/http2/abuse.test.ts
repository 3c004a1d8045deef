/** Floods: each bites its limit, with ENHANCE_YOUR_CALM, and nobody else notices. */
import assert from 'node:assert/strict';
import { abuse } from '../testing/h2-arena.ts';
import { block } from '../testing/h2-hpack-writer.ts';
import { type H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';

const { types, flags, errors } = wire;

/** GOAWAY with `code`, and then the end of the connection. */
async function turnedAway(client: H2Raw, ...codes: readonly number[]): Promise<void> {
  const code = await client.goaway();
  assert.ok(codes.includes(code), `GOAWAY ${code}, want ${codes}`);
  await client.untilClosed();
}

/** HEADERS of a whole request on the client's next stream, with its id. */
function opening(client: H2Raw, path = '/hang', end = true): readonly [number, Buffer] {
  const id = client.takeId();
  const bits = flags.endHeaders | (end ? flags.endStream : 0);
  return [id, wire.frame(types.headers, bits, id, block(pseudo(path, end ? 'GET' : 'POST')))];
}

for (const tls of [false, true]) {
  abuse(
    `rapid reset (CVE-2023-44487)${tls ? ' over TLS' : ''}`,
    { tls, http2: { maxResetsPerSecond: 20 } },
    async (arena) => {
      const client = await arena.attacker();
      const frames: Buffer[] = [];
      for (let i = 0; i < 500; i++) {
        const [id, head] = opening(client);
        frames.push(head, wire.rst(id));
      }
      client.send(...frames);
      await turnedAway(client, errors.calm);
      assert.ok(arena.endpoint.requests.length < 60, 'few of them reached the endpoint');
    },
  );
}

abuse('rapid reset, one turn apart', { http2: { maxResetsPerSecond: 20 } }, async (arena) => {
  const client = await arena.attacker();
  for (let i = 0; i < 50 && !client.closed; i++) {
    const [id, head] = opening(client);
    client.send(head);
    await new Promise((resolve) => setImmediate(resolve));
    client.send(wire.rst(id));
  }
  await turnedAway(client, errors.calm);
});

abuse('resets under the rate are everyone’s right', { http2: { maxResetsPerSecond: 20 } }, async (arena) => {
  const client = await arena.attacker();
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 20; i++) {
      const [id, head] = opening(client);
      client.send(head, wire.rst(id));
    }
    await client.roundTrip();
    await arena.pass(1250);
  }
  assert.equal((await client.get('/fine')).ended, true);
});

/** MadeYouReset (CVE-2025-8671): what makes the server reset a stream whose request is running. */
const provocations: readonly (readonly [why: string, provoke: (id: number) => Buffer])[] = [
  ['WINDOW_UPDATE of nothing', (id) => wire.windowUpdate(id, 0)],
  ['WINDOW_UPDATE past 2^31-1', (id) => wire.windowUpdate(id, 0x7fffffff)],
  ['PRIORITY of a wrong length', (id) => wire.frame(types.priority, 0, id, 'abcd')],
  ['DATA behind END_STREAM', (id) => wire.data(id, 'x')],
  ['HEADERS behind END_STREAM', (id) => wire.frame(types.headers, 5, id, block([['x', 'y']]))],
  ['PRIORITY on itself', (id) => wire.priority(id, id)],
];
for (const [why, provoke] of provocations) {
  abuse(
    `MadeYouReset: ${why}`,
    { http2: { maxResetsPerSecond: 20, maxEmptyFramesPerSecond: 100 } },
    async (arena) => {
      const client = await arena.attacker();
      const frames: Buffer[] = [];
      for (let i = 0; i < 200; i++) {
        const [id, head] = opening(client);
        frames.push(head, provoke(id));
      }
      client.send(...frames);
      // Some of these end the connection at once; then there is nothing to flood with.
      await turnedAway(client, errors.calm, errors.streamClosed, errors.protocol, errors.frameSize);
      assert.ok(arena.endpoint.requests.length < 120);
    },
  );
}

abuse('MadeYouReset: malformed requests', { http2: { maxResetsPerSecond: 20 } }, async (arena) => {
  const client = await arena.attacker();
  for (let i = 0; i < 100; i++) client.open([...pseudo('/hang'), ['Upper', 'x']]);
  await turnedAway(client, errors.calm);
  assert.equal(arena.seen('/hang'), 0);
});

abuse('CONTINUATION flood of empty frames', { http2: { maxContinuationFrames: 8 } }, async (arena) => {
  const client = await arena.attacker();
  const id = client.takeId();
  const more = Array.from({ length: 200 }, () => wire.frame(types.continuation, 0, id));
  client.send(wire.frame(types.headers, flags.endStream, id, block(pseudo('/hang'))), ...more);
  await turnedAway(client, errors.calm, errors.protocol);
  assert.equal(arena.seen('/hang'), 0);
});

abuse('CONTINUATION flood of full frames without an end', {}, async (arena) => {
  const client = await arena.attacker();
  const id = client.takeId();
  const fill = block(Array.from({ length: 15 }, (_, i) => [`x-${i}`, 'v'.repeat(1000)] as const));
  const more = Array.from({ length: 100 }, () => wire.frame(types.continuation, 0, id, fill));
  client.send(wire.frame(types.headers, flags.endStream, id, block(pseudo('/hang'))), ...more);
  await turnedAway(client, errors.calm, errors.protocol, errors.compression);
  assert.equal(arena.seen('/hang'), 0);
});

abuse(
  'as many CONTINUATION frames as allowed are fine',
  { http2: { maxContinuationFrames: 8 } },
  async (arena) => {
    const client = await arena.attacker();
    const id = client.takeId();
    const bytes = block([...pseudo('/fine'), ['x', 'y'.repeat(300)]]);
    const piece = (i: number) => bytes.subarray(i * 40, i === 8 ? bytes.length : (i + 1) * 40);
    client.send(wire.frame(types.headers, flags.endStream, id, piece(0)));
    for (let i = 1; i <= 8; i++)
      client.send(wire.frame(types.continuation, i === 8 ? flags.endHeaders : 0, id, piece(i)));
    assert.equal((await client.outcome(id)).ended, true);
    assert.equal(arena.seen('/fine'), 1);
  },
);

for (const [why, attack] of [
  ['SETTINGS', () => wire.settingsFrame([[wire.settings.initialWindowSize, 1000]])],
  ['empty SETTINGS', () => wire.settingsFrame([])],
  ['PING', () => wire.ping()],
  ['PRIORITY', (id: number) => wire.priority(id + 1000, 0)],
  ['PRIORITY of one stream', (id: number) => wire.priority(id, 0)],
  [
    'PRIORITY_UPDATE',
    (id: number) =>
      wire.frame(types.priorityUpdate, 0, 0, Buffer.concat([wire.uint32(id), Buffer.from('u=1')])),
  ],
  ['frames of an unknown type', (id: number) => wire.frame(77, 0, id, 'anything')],
  ['empty DATA', (id: number) => wire.data(id, '')],
  [
    'DATA with nothing but padding',
    (id: number) => wire.frame(types.data, flags.padded, id, wire.padded('', 200)),
  ],
] as const) {
  abuse(
    `${why} flood`,
    { http2: { maxSettingsPerSecond: 20, maxPingsPerSecond: 20, maxEmptyFramesPerSecond: 20 } },
    async (arena) => {
      const client = await arena.attacker();
      const [id, head] = opening(client, '/hang', false);
      client.send(head, ...Array.from({ length: 100 }, () => attack(id)));
      await turnedAway(client, errors.calm);
    },
  );
  abuse(
    `${why} in reason`,
    { http2: { maxSettingsPerSecond: 20, maxPingsPerSecond: 20, maxEmptyFramesPerSecond: 20 } },
    async (arena) => {
      const client = await arena.attacker();
      const [id, head] = opening(client, '/fine', false);
      client.send(head);
      for (let round = 0; round < 4; round++) {
        client.send(...Array.from({ length: 10 }, () => attack(id)));
        // Every frame sent before is dealt with before this is answered.
        await client.roundTrip();
        await arena.pass(1250);
      }
      client.send(wire.data(id, 'x', true));
      assert.equal((await client.outcome(id)).ended, true);
    },
  );
}

abuse('a PING flood from a client that never reads', { http2: { maxPingsPerSecond: 50 } }, async (arena) => {
  const client = await arena.attacker();
  client.socket.pause();
  for (let i = 0; i < 100; i++) client.send(wire.ping());
  await new Promise((resolve) => setImmediate(resolve));
  client.socket.resume();
  await turnedAway(client, errors.calm);
  assert.ok(client.frames.filter((one) => one.type === types.ping).length <= 50);
});

abuse('a body longer than allowed, told or not', { limits: { maxRequestBodyBytes: 100 } }, async (arena) => {
  const client = await arena.attacker();
  const told = client.open([...pseudo('/hang', 'POST'), ['content-length', '101']], false);
  assert.equal(statusOf(await client.outcome(told)), 413);
  const untold = client.open(pseudo('/hang', 'POST'), false);
  client.send(wire.data(untold, 'x'.repeat(60)), wire.data(untold, 'x'.repeat(60)), wire.data(untold, 'x'));
  assert.equal(statusOf(await client.outcome(untold)), 413);
  assert.equal(arena.seen('/hang'), 0);
});
