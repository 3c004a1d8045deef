/** One result, in time, whatever a probe does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import type { ProbeResult } from './http-verdict.ts';
import { timedProbe } from './timed-probe.ts';

const up = { up: true, reason: 'status 200' };

test('the first result counts, and the probe is ended with it', () => {
  const clock = new ManualClock();
  const results: ProbeResult[] = [];
  let settle: (result: ProbeResult) => void = () => {};
  let ended = 0;
  const start = (done: typeof settle) => {
    settle = done;
    return () => void ended++;
  };
  timedProbe(clock, 100, start, (result) => results.push(result));
  settle(up);
  settle({ up: false, reason: 'late' });
  clock.advance(1000);
  assert.deepEqual([results, ended], [[up], 1]);

  timedProbe(clock, 100, start, (result) => results.push(result));
  clock.advance(100);
  settle(up);
  assert.deepEqual([results.slice(1), ended], [[{ up: false, reason: 'no answer within 100 ms' }], 2]);

  timedProbe(clock, 100, start, (result) => results.push(result))();
  clock.advance(100);
  settle(up);
  assert.deepEqual([results.length, ended], [2, 3]);
});

test('a result from inside the start counts, and the probe is ended all the same', () => {
  let ended = 0;
  const results: ProbeResult[] = [];
  const start = (done: (result: ProbeResult) => void) => {
    done(up);
    return () => void ended++;
  };
  timedProbe(new ManualClock(), 100, start, (result) => results.push(result));
  assert.deepEqual([results, ended], [[up], 1]);
});
