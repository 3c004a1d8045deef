/** Checks on a clock of their own, with probes that answer when told: when they are made, and what is told of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthCheckModel } from '../model/model.ts';
import { Transport } from '../service/transport.ts';
import { grpcCheck } from '../testing/grpc-checks.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { transport } from '../testing/models.ts';
import { EndpointCheck } from './endpoint-check.ts';
import type { ProbeResult } from './http-verdict.ts';
import type { ProbePlan } from './probe-plan.ts';
import { ProbeTurns } from './probe-turns.ts';

type Done = (result: ProbeResult) => void;
const over = new Transport(transport());

/** One that plans probes, and holds what is under way. */
function prober(clock: ManualClock, answer?: boolean) {
  const begun: number[] = [];
  const open = new Set<Done>();
  let most = 0;
  const plan = (more: Partial<HealthCheckModel> = {}): ProbePlan => ({
    check: { ...grpcCheck, ...more },
    key: JSON.stringify(more),
    over,
    start(done) {
      begun.push(clock.monotonic());
      if (answer !== undefined) done({ up: answer, reason: 'at once' });
      else open.add(done);
      most = Math.max(most, open.size);
      return () => open.delete(done);
    },
  });
  return {
    begun,
    open,
    plan,
    most: () => most,
    answer(up: boolean) {
      const [done] = open;
      assert.ok(done !== undefined, 'a probe is under way');
      open.delete(done);
      done({ up, reason: up ? 'good' : 'bad' });
    },
  };
}

function single(more: Partial<HealthCheckModel> = {}) {
  const clock = new ManualClock();
  const probes = prober(clock);
  const told: string[] = [];
  const check = new EndpointCheck(clock, new ProbeTurns(clock), probes.plan(more), (up, reason) =>
    told.push(`${up ? 'up' : 'down'}: ${reason}`),
  );
  /** The next probe answers this. */
  const next = (up: boolean) => {
    if (probes.open.size === 0) clock.advance(1100);
    probes.answer(up);
  };
  return { clock, check, told, next, ...probes };
}

test('the first probe is made at once, and the next ones after an interval that is never quite the same', () => {
  const { clock, begun, check, next } = single({ intervalMs: 1000 });
  assert.equal(begun.length, 1);
  const pauses = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const at = clock.monotonic();
    next(true);
    clock.advance(1100);
    const pause = (begun.at(-1) as number) - at;
    assert.ok(pause >= 950 && pause <= 1050, `${pause} ms`);
    pauses.add(pause);
  }
  assert.ok(pauses.size > 40);
  check.stop();
  clock.advance(100_000);
  assert.equal(begun.length, 51);
});

test('one that is down is asked at its own interval', () => {
  const { clock, begun, next } = single({ intervalMs: 10_000, unhealthyIntervalMs: 1000 });
  next(false);
  clock.advance(1100);
  assert.equal(begun.length, 2);
  next(true);
  clock.advance(9000);
  assert.equal(begun.length, 2);
  clock.advance(2000);
  assert.equal(begun.length, 3);
});

test('no answer in time is a bad one, and its probe is ended', () => {
  const { clock, told, open } = single({ timeoutMs: 300 });
  clock.advance(299);
  assert.deepEqual([told.length, open.size], [0, 1]);
  clock.advance(1);
  assert.deepEqual([told, open.size], [['down: no answer within 300 ms'], 0]);
});

test('thresholds: as many in a row, told once', () => {
  const { told, next } = single({ healthyThreshold: 2, unhealthyThreshold: 3 });
  for (const up of [true, false, false, true, false, false]) next(up);
  assert.deepEqual(told, []);
  next(false);
  next(false);
  assert.deepEqual(told, ['down: bad']);
  next(true);
  next(false);
  next(true);
  assert.equal(told.length, 1);
  next(true);
  assert.deepEqual(told, ['down: bad', 'up: good']);
});

test('thresholds count on when they change', () => {
  const { told, next, check, plan } = single({ unhealthyThreshold: 5 });
  for (const up of [true, false, false]) next(up);
  check.configure(plan({ unhealthyThreshold: 3 }));
  next(false);
  assert.deepEqual(told, ['down: bad']);
});

test('up at first: a first good answer is no news; down at first: it is', () => {
  const up = single({ initialState: 'up' });
  assert.equal(up.check.up, true);
  up.next(true);
  assert.deepEqual([up.told, up.check.up], [[], true]);
  const down = single({ initialState: 'down', healthyThreshold: 3 });
  assert.equal(down.check.up, false);
  down.next(true);
  assert.deepEqual([down.told, down.check.up], [['up: good'], true]);
});

test('down at first is asked at the interval of those that are down, and said to be down when that is proven', () => {
  const { clock, begun, told, next } = single({
    initialState: 'down',
    intervalMs: 10_000,
    unhealthyIntervalMs: 500,
    unhealthyThreshold: 2,
  });
  next(false);
  assert.deepEqual(told, []);
  clock.advance(550);
  assert.equal(begun.length, 2);
  next(false);
  assert.deepEqual(told, ['down: bad']);
});

test('another initial state changes no verdict, and the one that counts is told before anybody assumes the new one', () => {
  const up = single({ initialState: 'up' });
  up.next(true);
  up.check.configure(up.plan({ initialState: 'down' }));
  assert.deepEqual([up.told, up.check.up], [['up: its initial state was changed'], true]);
  const down = single({ initialState: 'down' });
  down.check.configure(down.plan({ initialState: 'up' }));
  assert.deepEqual([down.told, down.check.up], [['down: its initial state was changed'], false]);
  down.next(true);
  assert.equal(down.told.at(-1), 'up: good');
});

test('a changed check keeps the verdict, is run at once, and nothing is heard of the one before', () => {
  const { begun, open, told, check, plan, next } = single();
  next(false);
  check.configure(plan());
  assert.equal(begun.length, 1, 'the same check goes on as it was');
  check.configure(plan({ path: '/other' }));
  assert.equal(begun.length, 2);
  check.configure(plan({ path: '/third' }));
  assert.deepEqual([begun.length, open.size, check.up], [3, 1, false]);
  next(true);
  assert.deepEqual(told, ['down: bad', 'up: good']);
});

/** 2,000 checks on one clock. */
function many(answer?: boolean, timeoutMs = 5000) {
  const clock = new ManualClock();
  const probes = prober(clock, answer);
  const turns = new ProbeTurns(clock);
  const down = new Set<number>();
  const checks = Array.from(
    { length: 2000 },
    (_, i) =>
      new EndpointCheck(clock, turns, probes.plan({ intervalMs: 10_000, timeoutMs }), (up) =>
        up ? down.delete(i) : down.add(i),
      ),
  );
  return { clock, checks, down, ...probes };
}

/** The most that began in any 10 ms. */
function densest(begun: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const at of begun) counts.set(Math.floor(at / 10), (counts.get(Math.floor(at / 10)) ?? 0) + 1);
  return Math.max(...counts.values());
}

test('2,000 endpoints: asked within two seconds, never many at the same moment, and spread from then on', () => {
  const { clock, begun } = many(true);
  assert.equal(begun.length, 16, 'a few at once');
  clock.advance(2000);
  assert.equal(begun.length, 2000);
  clock.advance(10_500);
  assert.equal(begun.length, 4000);
  clock.advance(20_000);
  assert.ok(begun.length >= 6000);
  assert.ok(densest(begun) <= 32, `${densest(begun)}`);
});

test('2,000 endpoints that do not answer: never more than 256 under way, and each has its turn', () => {
  const { clock, begun, down, most } = many(undefined, 1000);
  clock.advance(9000);
  assert.equal(down.size, 2000);
  assert.equal(most(), 256);
  assert.ok(begun.length >= 2000);
});

test('2,000 checks that end: nothing is asked any more, waiting or under way', () => {
  const { clock, begun, open, checks } = many();
  clock.advance(50);
  for (const check of checks) check.stop();
  const so = begun.length;
  assert.ok(so < 150);
  clock.advance(60_000);
  assert.deepEqual([begun.length, open.size], [so, 0]);
});
