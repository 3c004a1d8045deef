import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitBreaker } from '../service/circuit/breaker.ts';
import { breakerSettings } from '../service/circuit/testing.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { circuitStats, sumCircuits } from './circuit-stats.ts';
import type { CircuitStats } from './data-plane.ts';

const process = (...circuits: CircuitStats[]) => ({ circuits });
const circuit = (name: string, state: CircuitStats['state'], trips: number): CircuitStats => ({
  name,
  state,
  trips,
});

test('a breaker is counted as it is', () => {
  const breaker = new CircuitBreaker('r@file: cb@file', breakerSettings(), new ManualClock());
  breaker.record(502, 1);
  assert.deepEqual(circuitStats([breaker]), [circuit('r@file: cb@file', 'tripped', 1)]);
});

test('of several workers the worst state counts, and all trips', () => {
  const live = [
    process(circuit('a', 'standby', 1), circuit('b', 'recovering', 2)),
    process(circuit('a', 'tripped', 3), circuit('b', 'standby', 0)),
  ];
  const past = [process(circuit('a', 'tripped', 10), circuit('gone', 'tripped', 5))];
  assert.deepEqual(sumCircuits(live, past), [circuit('a', 'tripped', 14), circuit('b', 'recovering', 2)]);
});

test('past workers as one keep their trips', () => {
  const past = [process(circuit('a', 'standby', 1)), process(circuit('a', 'tripped', 2))];
  assert.deepEqual(sumCircuits([], past), [circuit('a', 'tripped', 3)]);
});
