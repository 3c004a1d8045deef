import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { eventually, fakeChild, type TestMesh, testMesh } from '../testing/fake-child.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Liveness } from './liveness.ts';
import { type ProbeResult, probe, probeTimeoutMs } from './probe.ts';

let directory: string;
let mesh: TestMesh;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ficus-liveness-'));
  mesh = await testMesh(join(directory, 'ca'));
});
after(() => rm(directory, { recursive: true }));

const trust = () => undefined;
const well: ProbeResult = { well: true };
const slow: ProbeResult = { well: false, gone: false, reason: 'slow' };
const gone: ProbeResult = { well: false, gone: true, reason: 'refused' };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A liveness whose probes the test answers, on a clock that the test moves. */
function scripted() {
  const clock = new ManualClock();
  let answer: ProbeResult = well;
  const state = { probes: 0, verdicts: [] as boolean[] };
  const liveness = new Liveness({
    clock,
    probe: () => {
      state.probes += 1;
      return Promise.resolve(answer);
    },
    onVerdict: (_, up) => state.verdicts.push(up),
  });
  return Object.assign(state, {
    liveness,
    clock,
    async pass(ms: number, now: ProbeResult) {
      answer = now;
      for (let t = 0; t < ms; t += 50) {
        clock.advance(50);
        await turn();
      }
    },
  });
}

test('slow twice is down, refused once is down, well once is up again', async () => {
  const run = scripted();
  run.liveness.watch(['a']);
  await run.pass(2000, well);
  assert.deepEqual(run.verdicts, []);
  await run.pass(50, slow);
  assert.deepEqual(run.verdicts, [], 'one slow answer is forgiven');
  await run.pass(200, slow);
  assert.deepEqual(run.verdicts, [false]);
  await run.pass(500, well);
  assert.deepEqual(run.verdicts, [false, true]);

  const other = scripted();
  other.liveness.watch(['a']);
  await other.pass(50, well);
  await other.pass(2000, gone);
  assert.deepEqual(other.verdicts, [false]);
});

test('a suspicion probes at once, but a flood of them does not', async () => {
  const run = scripted();
  run.liveness.watch(['a']);
  await run.pass(200, well);
  const before = run.probes;
  run.liveness.suspect('a');
  await run.pass(50, gone);
  assert.equal(run.probes, before + 1);
  assert.deepEqual(run.verdicts, [false]);
  for (let i = 0; i < 1000; i++) run.liveness.suspect();
  await run.pass(100, gone);
  assert.ok(run.probes <= before + 3, `${run.probes - before} probes`);
});

test('one that flaps for a minute changes the route table a few times only', async () => {
  const run = scripted();
  run.liveness.watch(['a']);
  for (let i = 0; i < 60; i++) {
    await run.pass(1000, gone);
    await run.pass(1000, well);
  }
  assert.ok(run.verdicts.length >= 2 && run.verdicts.length <= 10, `${run.verdicts.length} changes`);
  await run.pass(10_000, well);
  assert.equal(run.verdicts.at(-1), true, 'and it comes back when it stays well');
});

test('an address that is gone from the list is probed no more', async () => {
  const run = scripted();
  run.liveness.watch(['a', 'b']);
  await run.pass(2000, well);
  run.liveness.watch([]);
  const before = run.probes;
  await run.pass(10_000, well);
  assert.equal(run.probes, before);
});

test('a probe over the wire: well, refused, revoked, wrong peer, silent', async () => {
  const child = await fakeChild(mesh);
  assert.deepEqual(await probe(child.destination(), systemClock, trust), well);
  const revoked = await probe(child.destination(), systemClock, ({ serial }) =>
    serial === child.serial ? new Error('revoked') : undefined,
  );
  assert.deepEqual(revoked, { well: false, gone: true, reason: 'revoked' });
  const wrong = await probe(
    { ...child.destination(), peerUri: 'spiffe://test.internal/child/vm-9' },
    systemClock,
    trust,
  );
  assert.ok(!wrong.well && !wrong.gone);
  await child.kill();
  assert.deepEqual(await probe(child.destination(), systemClock, trust), {
    well: false,
    gone: true,
    reason: 'connection refused',
  });

  // Accepts and says nothing, as a stopped process does.
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const clock = new ManualClock();
  const { port } = silent.address() as { port: number };
  const accepted = new Promise((resolve) => silent.once('connection', resolve));
  const result = probe({ ...child.destination(), port }, clock, trust);
  await accepted;
  clock.advance(probeTimeoutMs);
  assert.deepEqual(await result, { well: false, gone: false, reason: 'no answer within 2000 ms' });
  silent.close();
});

test('kill -9 is seen well within a second', async () => {
  const child = await fakeChild(mesh);
  const verdicts: boolean[] = [];
  const liveness = new Liveness({
    clock: systemClock,
    probe: () => probe(child.destination(), systemClock, trust),
    onVerdict: (_, up) => verdicts.push(up),
  });
  liveness.watch(['127.0.0.1']);
  await eventually(() => child.requests > 0);
  await child.kill();
  const killed = performance.now();
  liveness.suspect();
  await eventually(() => verdicts.length === 1, 1000);
  assert.ok(performance.now() - killed < 1000);
  await using again = await fakeChild(mesh, { port: child.port });
  await eventually(() => verdicts.at(-1) === true, 3000);
  assert.equal(again.port, child.port);
  liveness.close();
});
