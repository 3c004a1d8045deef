import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { advertisementLimits } from '@ficus/common/uplink/advertisement.ts';
import type { TransportModel } from '@ficus/gateway/model/model.ts';
import type { AnswerListener, UplinkQuestion } from '@ficus/gateway/runtime/data-plane.ts';
import { eventually, fakeChild, type TestMesh, testMesh, testPlane } from '../testing/fake-child.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Backoff } from './backoff.ts';
import { silenceMs, Watch, type WatchOptions } from './watch.ts';

let directory: string;
let mesh: TestMesh;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ficus-watch-'));
  mesh = await testMesh(join(directory, 'ca'));
});
const plane = testPlane();
after(async () => {
  await plane.close();
  await rm(directory, { recursive: true });
});

function watching(destination: WatchOptions['destination'], options: Partial<WatchOptions> = {}) {
  const documents: string[] = [];
  const lost: string[] = [];
  let heartbeats = 0;
  const watch = new Watch({
    clock: systemClock,
    ask: plane.ask,
    destination,
    refusal: () => undefined,
    onDocument: (document) => documents.push(document.toString()),
    onHeartbeat: () => {
      heartbeats += 1;
    },
    onLost: ({ code }) => lost.push(code),
    backoff: new Backoff(() => 0),
    ...options,
  });
  return {
    documents,
    lost,
    get heartbeats() {
      return heartbeats;
    },
    [Symbol.dispose]: () => watch.close(),
  };
}

test('documents come line by line, empty lines are heartbeats, a killed child is found again', async () => {
  const child = await fakeChild(mesh);
  child.say('{"a":1}');
  using watch = watching(child.watched);
  await eventually(() => watch.documents.length === 1);
  child.raw('{"b"');
  child.raw(':2}\n\n\n');
  await eventually(() => watch.documents.length === 2 && watch.heartbeats === 2);
  assert.deepEqual(watch.documents, ['{"a":1}', '{"b":2}']);
  await child.kill();
  await eventually(() => watch.lost.length > 0);
  await using again = await fakeChild(mesh, { port: child.port });
  again.say('{"c":3}');
  await eventually(() => watch.documents.at(-1) === '{"c":3}');
});

test('a child that stops talking is dropped after the silence and dialled again', async () => {
  const clock = new ManualClock();
  await using child = await fakeChild(mesh);
  child.say('{}');
  using watch = watching(child.watched, { clock });
  await eventually(() => watch.documents.length === 1);
  clock.advance(silenceMs - 1);
  assert.deepEqual(watch.lost, []);
  clock.advance(1);
  assert.deepEqual(watch.lost, ['watch.silent']);
  await eventually(() => child.watchers === 0);
  clock.advance(100);
  await eventually(() => watch.documents.length === 2);
});

test('a line without end is cut at the cap', async () => {
  await using child = await fakeChild(mesh);
  child.say('');
  using watch = watching(child.watched);
  await eventually(() => watch.heartbeats > 0);
  child.raw('x'.repeat(advertisementLimits.bytes + 1));
  await eventually(() => watch.lost.includes('advertisement.too-large'));
  assert.deepEqual(watch.documents, []);
});

test('a peer that answers once is polled with its ETag', async () => {
  const seen: (string | undefined)[] = [];
  const clock = new ManualClock();
  await using child = await fakeChild(mesh, {
    handler: (request, response) => {
      seen.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"1"', 'content-length': '2' }).end('{}');
    },
  });
  using watch = watching(child.watched, { clock });
  await eventually(() => watch.documents.length === 1);
  await eventually(() => {
    clock.advance(1000);
    return watch.heartbeats >= 2;
  });
  assert.equal(seen[0], undefined);
  assert.equal(seen[1], '"1"');
  assert.deepEqual(watch.documents, ['{}']);
});

test("another child's certificate, another authority, an error status: refused, nothing is read", async () => {
  await using other = await fakeChild(mesh, { name: 'vm-2' });
  other.say('{}');
  using first = watching(other.watched);
  await eventually(() => first.lost.length > 0);
  assert.deepEqual(new Set(first.lost), new Set(['identity.unexpected-peer']));
  assert.deepEqual(first.documents, []);

  const strangers = await testMesh(join(directory, 'other-ca'));
  await using stranger = await fakeChild(strangers);
  stranger.say('{}');
  using second = watching(() => stranger.watched(mesh.identity));
  await eventually(() => second.lost.length > 0);
  assert.deepEqual(second.documents, []);

  await using failing = await fakeChild(mesh, { handler: (_, response) => response.writeHead(403).end() });
  using third = watching(failing.watched);
  await eventually(() => third.lost.includes('watch.status'));
});

test('a certificate that ends closes the connection it was shown on', async () => {
  await using child = await fakeChild(mesh, { ttlMs: 1500 });
  child.say('{}');
  using watch = watching(child.watched);
  await eventually(() => watch.documents.length > 0);
  await eventually(() => watch.lost.includes('identity.expired') && child.watchers === 0);
});

/** A data plane whose answers the test gives, and the questions it was asked. */
function scripted() {
  const questions: UplinkQuestion[] = [];
  const listeners: AnswerListener[] = [];
  const ask: WatchOptions['ask'] = (question, listener) => {
    questions.push(question);
    listeners.push(listener);
    return () => {};
  };
  const head = (length = -1) => ({
    status: 200,
    headers: {},
    length,
    peer: { serial: '01', notAfter: Date.now() + 3_600_000 },
  });
  return { questions, ask, head, latest: () => listeners.at(-1) as AnswerListener };
}
const somewhere = () => ({ host: 'vm-1', port: 9443, transport: {} as TransportModel });

test('a watch that is moved is asked for again at once, and nobody hears of it', () => {
  const plane = scripted();
  using watch = watching(somewhere, { clock: new ManualClock(), ask: plane.ask });
  for (let i = 1; i <= 10; i++) {
    plane.latest().head(plane.head());
    plane.latest().data(Buffer.from(`{"n":${i}}\n{"half`));
    // The document is told whole by the next one: half a line of the last one is not put before it.
    if (i % 2 === 0) plane.latest().moved();
    else plane.latest().end(true);
    assert.equal(plane.questions.length, i + 1);
  }
  assert.deepEqual(watch.documents.slice(0, 3), ['{"n":1}', '{"n":2}', '{"n":3}']);
  assert.equal(watch.documents.length, 10);
  assert.deepEqual(watch.lost, []);
});

test('moved again and again without a line between is lost, and waits like any other loss', () => {
  const clock = new ManualClock();
  const plane = scripted();
  using watch = watching(somewhere, { clock, ask: plane.ask });
  for (let i = 0; i < 4; i++) plane.latest().moved();
  assert.deepEqual(watch.lost, ['watch.lost']);
  assert.equal(plane.questions.length, 4);
  clock.advance(100);
  assert.equal(plane.questions.length, 5);
});

test('after silence, and after an identity that is not believed, a fresh connection is asked for', () => {
  const clock = new ManualClock();
  const plane = scripted();
  let revoked: FicusError | undefined;
  using watch = watching(somewhere, { clock, ask: plane.ask, refusal: () => revoked });
  clock.advance(silenceMs + 100);
  plane.latest().head(plane.head());
  plane.latest().end(false);
  clock.advance(100);
  plane.latest().head(plane.head());
  revoked = new FicusError('identity.revoked', 'revoked');
  plane.latest().data(Buffer.from('{}\n'));
  clock.advance(200);
  plane.latest().failed('endpoint.tls', 'identity.unexpected-peer: expected a, found b');
  clock.advance(400);
  assert.deepEqual(watch.lost, [
    'watch.silent',
    'watch.ended',
    'identity.revoked',
    'identity.unexpected-peer',
  ]);
  assert.deepEqual(
    plane.questions.map(({ fresh }) => fresh),
    [false, true, false, true, true],
  );
  assert.deepEqual(watch.documents, []);
});
