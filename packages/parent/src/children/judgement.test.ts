import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Backoff } from './backoff.ts';
import { Belief, doubtMs } from './belief.ts';
import { Damping } from './damping.ts';
import { applyGrants } from './grants.ts';
import { ProblemList } from './problem-list.ts';

const uplink = (name: string) => ({
  name,
  weight: 1,
  protocol: 'http' as const,
  endpoints: { healthy: 1, total: 1 },
});
const advertisement = (names: readonly string[], draining = false): Advertisement => ({
  protocols: [1],
  child: 'vm-1',
  version: '1',
  revision: 1,
  epoch: 'a',
  draining,
  uplinks: names.map(uplink),
});

test('only granted names pass; the rest is told', () => {
  const { uplinks, problems, refused } = applyGrants(['orders', 'billing-eu', 'payments'].map(uplink), [
    'orders',
    'billing-*',
  ]);
  assert.deepEqual(
    uplinks.map(({ name }) => name),
    ['orders', 'billing-eu'],
  );
  assert.equal(refused, 1);
  assert.equal(problems[0]?.code, 'advertisement.not-granted');
  assert.match(problems[0]?.message ?? '', /payments.*granted orders, billing-\*/);
  assert.equal(applyGrants([uplink('orders')], []).uplinks.length, 0);
});

test('an advertisement that empties everything waits, then is believed', () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const belief = new Belief(clock, ({ uplinks }) => seen.push(uplinks.length));
  belief.offer(advertisement(['a', 'b']));
  belief.offer(advertisement([]));
  assert.deepEqual(seen, [2]);
  assert.equal(belief.doubting, true);
  clock.advance(doubtMs - 1);
  belief.offer(advertisement([]));
  assert.deepEqual(seen, [2], 'repeating it does not start the wait anew nor end it');
  clock.advance(1);
  assert.deepEqual(seen, [2, 0]);
  assert.equal(belief.doubting, false);
});

test('one whose workloads are known to be gone is believed at once', () => {
  const seen: number[] = [];
  const belief = new Belief(new ManualClock(), ({ uplinks }) => seen.push(uplinks.length));
  belief.offer(advertisement(['a', 'b']));
  belief.offer({ ...advertisement([]), emptied: true });
  assert.deepEqual([seen, belief.doubting], [[2, 0], false]);
});

test('one that comes back in time leaves no trace, and one that drains is believed at once', () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const belief = new Belief(clock, ({ uplinks }) => seen.push(uplinks.length));
  belief.offer(advertisement(['a', 'b']));
  belief.offer(advertisement([]));
  belief.offer(advertisement(['a']));
  clock.advance(doubtMs * 2);
  assert.deepEqual(seen, [2, 1]);
  belief.offer(advertisement([], true));
  assert.deepEqual(seen, [2, 1, 0]);
});

test('the wait between attempts doubles up to five seconds, with jitter below', () => {
  const low = new Backoff(() => 0);
  const high = new Backoff(() => 0.999);
  assert.deepEqual(
    Array.from({ length: 8 }, () => low.next()),
    [50, 100, 200, 400, 800, 1600, 2500, 2500],
  );
  assert.ok(Array.from({ length: 8 }, () => high.next()).every((ms) => ms <= 5000));
  low.reset();
  assert.equal(low.next(), 50);
});

test('the first fall is forgiven at once, flapping is held longer each time, a quiet minute forgives', () => {
  const damping = new Damping();
  const holds: number[] = [];
  for (let i = 0; i < 8; i++) {
    damping.fell(i * 2000);
    holds.push(damping.holdMs());
  }
  assert.deepEqual(holds, [0, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
  damping.fell(7 * 2000 + 60_001);
  assert.equal(damping.holdMs(), 0);
});

test('problems are bounded, counted and newest first', () => {
  const problems = new ProblemList(new ManualClock());
  assert.equal(problems.add('advertisement.weight', 'first'), true);
  for (let i = 0; i < 1000; i++) problems.add('advertisement.name', `name ${i % 50}`);
  assert.equal(problems.add('advertisement.name', 'name 49'), false);
  const list = problems.list();
  assert.equal(list.length, 20);
  assert.equal(list[0]?.message, 'name 49');
  problems.add('watch.down', 'x'.repeat(10_000));
  assert.ok((problems.list()[0]?.message.length ?? 0) < 500);
  problems.clear('advertisement');
  assert.deepEqual(
    problems.list().map(({ code }) => code),
    ['watch.down'],
  );
});
