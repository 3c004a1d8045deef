import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { Rebuilder } from './rebuilder.ts';

function building() {
  const clock = new ManualClock();
  const gates: (() => void)[] = [];
  const state = { builds: 0, running: 0, most: 0 };
  const build = async () => {
    state.builds += 1;
    state.running += 1;
    state.most = Math.max(state.most, state.running);
    await new Promise<void>((resolve) => gates.push(resolve));
    state.running -= 1;
  };
  const rebuilder = new Rebuilder(clock, build);
  const finish = async () => {
    gates.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return Object.assign(state, { clock, rebuilder, build, finish });
}

test('many requests are one build, and those that come while it runs one more', async () => {
  const run = building();
  for (let i = 0; i < 100; i++) run.rebuilder.request();
  assert.equal(run.builds, 0);
  run.clock.advance(5);
  assert.equal(run.builds, 1);
  for (let i = 0; i < 100; i++) run.rebuilder.request();
  run.clock.advance(1000);
  assert.equal(run.builds, 1);
  await run.finish();
  assert.equal(run.builds, 2);
  await run.finish();
  assert.equal(run.most, 1);
});

test('now resolves when what was asked for is built', async () => {
  const run = building();
  let done = false;
  const now = run.rebuilder.now().then(() => {
    done = true;
  });
  assert.equal(done, false);
  await run.finish();
  await now;
  assert.equal(run.builds, 1);
});

test('the first build rejects as it does, and what was asked for meanwhile follows it', async () => {
  const run = building();
  await assert.rejects(
    run.rebuilder.first(() => Promise.reject(new Error('port in use'))),
    /port in use/,
  );
  const first = run.rebuilder.first(run.build);
  run.rebuilder.request();
  run.clock.advance(5);
  assert.equal(run.builds, 1);
  await run.finish();
  await first;
  assert.equal(run.builds, 2);
  await run.finish();
});

test('closed: nothing starts any more', async () => {
  const run = building();
  run.rebuilder.request();
  await run.rebuilder.close();
  run.rebuilder.request();
  run.clock.advance(1000);
  assert.equal(run.builds, 0);
});

test('a request at any moment around the end of a build is built, too', async () => {
  for (let ticks = 0; ticks < 10; ticks++) {
    const clock = new ManualClock();
    let builds = 0;
    const rebuilder = new Rebuilder(clock, async () => {
      builds += 1;
      if (builds > 1) return;
      let later = Promise.resolve();
      for (let i = 0; i < ticks; i++) later = later.then(() => {});
      void later.then(() => rebuilder.request());
    });
    void rebuilder.now();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(builds, 2, `${ticks} microtasks after the build`);
  }
});
