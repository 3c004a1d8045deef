import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CircuitBreakerSettings } from '../../model/middleware/circuit-breaker.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { CircuitBreaker } from './breaker.ts';
import { breakerSettings } from './testing.ts';

function bench(more: Partial<CircuitBreakerSettings> = {}) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker('b', breakerSettings(more), clock);
  const record = (count: number, status: number, ms = 1) => {
    for (let i = 0; i < count; i++) breaker.record(status, ms);
  };
  const admitted = (count: number) => {
    let let_through = 0;
    for (let i = 0; i < count; i++) if (breaker.admit()) let_through++;
    return let_through;
  };
  /** Fails until it is open. */
  const trip = () => {
    clock.advance(100);
    record(1, 502);
    assert.equal(breaker.state, 'tripped');
  };
  return { clock, breaker, record, admitted, trip };
}

test('standby lets everything through and stays so while the condition does not hold', () => {
  const { clock, breaker, record, admitted } = bench();
  for (let i = 0; i < 50; i++) {
    clock.advance(100);
    record(2, 200);
    record(1, 502);
    record(1, 500);
  }
  assert.deepEqual([breaker.state, breaker.trips, admitted(100)], ['standby', 0, 100]);
});

test('standby → tripped when the condition holds: nothing passes for fallbackDuration', () => {
  const { clock, breaker, record, admitted } = bench({ checkPeriodMs: 0 });
  record(1, 200);
  record(1, 504);
  assert.equal(breaker.state, 'standby', 'half is not more than half');
  record(1, 502);
  assert.deepEqual([breaker.state, breaker.trips, admitted(100)], ['tripped', 1, 0]);
  clock.advance(9_999);
  assert.deepEqual([breaker.state, admitted(100)], ['tripped', 0]);
});

test('the condition is looked at once in a checkPeriod', () => {
  const { clock, breaker, record } = bench();
  record(1, 200);
  record(100, 502);
  assert.equal(breaker.state, 'standby', 'looked at with the first request');
  clock.advance(99);
  record(1, 502);
  assert.equal(breaker.state, 'standby');
  clock.advance(1);
  record(1, 502);
  assert.equal(breaker.state, 'tripped');
});

test('tripped → recovering after fallbackDuration, from its first request on: the share rises to a half', () => {
  const { clock, breaker, admitted, trip } = bench();
  trip();
  clock.advance(10_000);
  assert.equal(breaker.state, 'recovering');
  clock.advance(60_000);
  assert.equal(admitted(100), 0, 'it begins with nothing, and only now');
  clock.advance(2_000);
  // 0.5 × 2/10 of all, those of before counted.
  assert.equal(admitted(100), 19);
  clock.advance(3_000);
  assert.equal(admitted(200), 80);
  clock.advance(4_900);
  const rest = admitted(1000);
  assert.ok(rest > 580 && rest < 600, `${rest}: nearly half of all 1400`);
  assert.equal(breaker.state, 'recovering');
});

test('recovering → standby after recoveryDuration', () => {
  const { clock, breaker, admitted, record, trip } = bench();
  trip();
  clock.advance(10_000);
  admitted(1);
  clock.advance(5_000);
  record(10, 200);
  clock.advance(4_999);
  assert.equal(breaker.state, 'recovering');
  clock.advance(1);
  assert.deepEqual([breaker.state, admitted(100), breaker.trips], ['standby', 100, 1]);
});

test('recovering → tripped when the condition holds again, and its time begins again', () => {
  const { clock, breaker, admitted, trip } = bench();
  trip();
  clock.advance(10_000);
  admitted(1);
  clock.advance(9_000);
  trip();
  assert.equal(breaker.trips, 2);
  clock.advance(9_999);
  assert.deepEqual([breaker.state, admitted(10)], ['tripped', 0]);
  clock.advance(1);
  assert.equal(breaker.state, 'recovering');
});

test('what began before it opened does not count against its recovery', () => {
  const { clock, breaker, admitted, record, trip } = bench({ fallbackMs: 1_000 });
  trip();
  record(50, 502);
  clock.advance(1_000);
  admitted(1);
  clock.advance(900);
  record(1, 200);
  assert.equal(breaker.state, 'recovering');
});

test('minRequests: fewer in ten seconds never open it', () => {
  const { clock, breaker, record } = bench({ minRequests: 20 });
  for (let i = 0; i < 30; i++) {
    record(1, 502);
    clock.advance(600);
  }
  assert.equal(breaker.state, 'standby', '17 in ten seconds');
  record(10, 502);
  clock.advance(100);
  record(1, 502);
  assert.equal(breaker.state, 'tripped');
});

test('RequestThreshold() in the expression does the same', () => {
  const { clock, breaker, record } = bench({
    expression: 'NetworkErrorRatio() > 0.1 && RequestThreshold() >= 5',
  });
  record(4, 502);
  clock.advance(100);
  assert.equal(breaker.state, 'standby');
  record(1, 502);
  assert.equal(breaker.state, 'tripped');
});

test('ResponseCodeRatio and latencies of real records', () => {
  const codes = bench({ expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.25', checkPeriodMs: 0 });
  codes.record(3, 200);
  codes.record(1, 500);
  assert.deepEqual([codes.breaker.state, codes.breaker.timed], ['standby', false]);
  codes.record(1, 599);
  assert.equal(codes.breaker.state, 'tripped');

  const slow = bench({ expression: 'LatencyAtQuantileMS(50.0) > 100', checkPeriodMs: 0 });
  assert.equal(slow.breaker.timed, true);
  slow.record(10, 200, 90);
  slow.record(9, 200, 150);
  assert.equal(slow.breaker.state, 'standby');
  slow.record(2, 200, 150);
  assert.equal(slow.breaker.state, 'tripped');
});

test('ratios without a denominator are 0', () => {
  const { breaker, record } = bench({
    expression: 'ResponseCodeRatio(500, 600, 200, 300) > 0',
    checkPeriodMs: 0,
  });
  record(5, 500);
  assert.equal(breaker.state, 'standby');
  record(1, 200);
  assert.equal(breaker.state, 'tripped');
});

test('who watches hears of every state in time, without any request', () => {
  const { clock, breaker, trip } = bench();
  const seen: string[] = [];
  const listener = () => seen.push(`${breaker.state} at ${clock.monotonic() - start}`);
  const start = clock.monotonic() + 100;
  breaker.watch(listener);
  trip();
  clock.advance(60_000);
  assert.deepEqual(seen, ['tripped at 0', 'recovering at 10000', 'standby at 20000']);
});
