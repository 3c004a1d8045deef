/** The codec under random splits, random frames and random damage: the same answers, or an orderly end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway, type TestGateway } from '../testing/gateway.ts';
import { block, indexed, literal, tableSize } from '../testing/h2-hpack-writer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { limits as usual } from '../testing/models.ts';

const { types, flags } = wire;
const http2 = { ...usual.http2, maxResetsPerSecond: 0 };

/** Tells each request what it was: method, path, body and trailers. */
const echoing = () =>
  recordingEndpoint((request, response, { body, rawTrailers }) => {
    response.end(`${request.method} ${request.url} ${request.headers['x-a'] ?? ''} ${body} ${rawTrailers}`);
  });

/** A conversation that uses most of the protocol, as one string of bytes; streams 1 to 11. */
function conversation(): Buffer {
  const post = block(pseudo('/post', 'POST'));
  return Buffer.concat([
    Buffer.from(wire.preface),
    wire.settingsFrame([[wire.settings.initialWindowSize, 100_000]]),
    wire.windowUpdate(0, 100_000),
    wire.frame(types.headers, 5, 1, block(pseudo('/one'))),
    wire.ping(),
    // Padded, with priority, in three pieces; its field goes into the table.
    wire.frame(
      types.headers,
      flags.padded | flags.priority,
      3,
      wire.padded(Buffer.concat([wire.uint32(0), Buffer.from([7]), post.subarray(0, 11)]), 5),
    ),
    wire.frame(types.continuation, 0, 3, post.subarray(11, 20)),
    wire.frame(
      types.continuation,
      flags.endHeaders,
      3,
      Buffer.concat([post.subarray(20), literal(['x-a', 'kept'], 0x40)]),
    ),
    wire.data(3, 'some '),
    wire.frame(types.headers, 5, 5, Buffer.concat([block(pseudo('/five')), indexed(62)])),
    wire.frame(types.data, flags.padded, 3, wire.padded('data', 30)),
    wire.data(3, ''),
    wire.priority(9, 3),
    wire.frame(99, 0, 0, 'unknown'),
    wire.frame(types.headers, 5, 3, block([['x-sum', '9']])),
    wire.frame(
      types.headers,
      4,
      7,
      Buffer.concat([tableSize(0), tableSize(4096), block(pseudo('/seven', 'PUT'))]),
    ),
    wire.settingsFrame([]),
    wire.data(7, 'x'.repeat(300), true),
    wire.frame(types.headers, 5, 9, Buffer.concat([block(pseudo('/nine')), literal(['Bad', 'x'])])),
    wire.frame(types.headers, 4, 11, block([...pseudo('/eleven', 'POST'), ['content-length', '3']])),
    wire.data(11, 'abc', true),
  ]);
}

/** What comes of the conversation when it is sent in `pieces`, each read on its own as far as can be. */
async function converse(port: number, pieces: readonly Buffer[]): Promise<string[]> {
  // No ACKs: they would come in the middle of what is sent in pieces.
  using client = await H2Raw.connect(port, { silent: true, acks: false, credits: false });
  for (const piece of pieces) {
    client.send(piece);
    if (pieces.length < 50) await new Promise((resolve) => setImmediate(resolve));
  }
  const told: string[] = [];
  for (const id of [1, 3, 5, 7, 9, 11]) {
    const view = await client.outcome(id);
    told.push(`${id} ${view.reset ?? statusOf(view)} ${view.body}`);
  }
  const acks = () =>
    client.frames
      .filter(
        ({ type, flags: bits }) => (type === types.settings || type === types.ping) && bits === flags.ack,
      )
      .map((one) => one.type);
  await client.until(() => acks().length >= 3, 'two ACKs of SETTINGS and one of PING');
  return told.concat(acks().sort().join());
}

test('any split of the bytes reads the same', { timeout: 60_000 }, async () => {
  await using endpoint = await echoing();
  await using gateway = await startGateway({ ports: [endpoint.port], limits: { http2 } });
  const bytes = conversation();
  const want = await converse(gateway.port, [bytes]);
  assert.deepEqual(want, [
    '1 200 GET /one   ',
    '3 200 POST /post kept some data x-sum,9',
    '5 200 GET /five kept  ',
    `7 200 PUT /seven  ${'x'.repeat(300)} `,
    '9 1 ',
    '11 200 POST /eleven  abc ',
    '4,4,6',
  ]);
  const splits = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(splits, async (points) => {
      const ends = [...points.sort((a, b) => a - b), bytes.length];
      const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
      assert.deepEqual(await converse(gateway.port, pieces), want);
    }),
    { numRuns: 60 },
  );
  assert.deepEqual(
    await converse(
      gateway.port,
      [...bytes].map((byte) => Buffer.from([byte])),
    ),
    want,
  );
});

test('every two pieces read the same', { timeout: 60_000 }, async () => {
  await using endpoint = await echoing();
  await using gateway = await startGateway({ ports: [endpoint.port], limits: { http2 } });
  const bytes = conversation();
  const want = await converse(gateway.port, [bytes]);
  for (let at = 1; at < bytes.length; at += 7) {
    const both = Array.from({ length: 7 }, (_, i) => Math.min(at + i, bytes.length - 1));
    const all = await Promise.all(
      both.map((point) => converse(gateway.port, [bytes.subarray(0, point), bytes.subarray(point)])),
    );
    for (const told of all) assert.deepEqual(told, want);
  }
});

/** The endpoint answers everybody but the attackers' requests for `/hang`. */
async function target() {
  const endpoint = await recordingEndpoint((request, response) => {
    if (request.url !== '/hang') response.end('ok');
  });
  const gateway = await startGateway({ ports: [endpoint.port], limits: { http2 } });
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

/** Somebody else is served, and nothing of the attacker is left once it is gone. */
async function unharmed(gateway: TestGateway, bystander: H2Raw, attacker: H2Raw): Promise<void> {
  assert.equal(statusOf(await bystander.get('/bystander')), 200);
  attacker.socket.destroy();
  for (const end = performance.now() + 5000; ; ) {
    const { requests, connections } = await gateway.plane.stats();
    if (requests.inFlight === 0 && connections.open <= 1) return;
    assert.ok(performance.now() < end, JSON.stringify({ requests, connections }));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(
    block(pseudo('/hang')),
    block(pseudo('/fine')),
    block([['x', 'y']]),
    Buffer.alloc(4),
    Buffer.alloc(5, 1),
  ),
  fc.nat(0xffffffff).map((value) => wire.uint32(value)),
  fc
    .tuple(fc.nat(10), fc.nat(0xffffffff))
    .map(([id, value]) => Buffer.concat([Buffer.from([0, id]), wire.uint32(value)])),
);
const anyFrame = fc
  .record({
    type: fc.oneof({ weight: 9, arbitrary: fc.nat(10) }, fc.nat(255)),
    bits: fc.oneof(fc.constantFrom(0, 1, 4, 5, 9, 13, 37, 45), fc.nat(255)),
    stream: fc.oneof({ weight: 9, arbitrary: fc.nat(9) }, fc.nat(0xffffffff)),
    payload,
    lie: fc.option(fc.nat(20_000), { freq: 20, nil: undefined }),
  })
  .map(({ type, bits, stream, payload: bytes, lie }) => wire.frame(type, bits, stream, bytes, lie));

test('random frames never crash, hang or leave a stream', { timeout: 60_000 }, async () => {
  await using at = await target();
  using bystander = await H2Raw.connect(at.gateway.port);
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { minLength: 1, maxLength: 25 }), async (frames) => {
      const attacker = await H2Raw.connect(at.gateway.port, { decodes: false });
      attacker.send(...frames);
      await unharmed(at.gateway, bystander, attacker);
    }),
    { numRuns: 300 },
  );
});

test('a damaged conversation never crashes, hangs or leaves a stream', { timeout: 60_000 }, async () => {
  await using at = await target();
  using bystander = await H2Raw.connect(at.gateway.port);
  const bytes = conversation();
  const damage = fc.array(fc.tuple(fc.integer({ min: 24, max: bytes.length - 1 }), fc.nat(255)), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(bytes.length), async (all, cut) => {
      const damaged = Buffer.from(bytes);
      for (const [place, byte] of all) damaged[place] = byte;
      const attacker = await H2Raw.connect(at.gateway.port, { silent: true, decodes: false });
      attacker.send(damaged.subarray(0, cut), damaged.subarray(cut));
      await unharmed(at.gateway, bystander, attacker);
    }),
    { numRuns: 300 },
  );
});
