import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MirrorStats, sumMirrors } from './mirror-stats.ts';

const of = (mirror: string, count: number): MirrorStats => {
  const measured = { codes: { 200: count }, latencies: [count, 0], totalMs: count, bytes: count };
  const dropped = { busy: count };
  return {
    service: ['s', 'file'],
    mirror,
    sent: count,
    inFlight: count,
    dropped,
    ...measured,
    main: measured,
  };
};

test('everything adds up; of processes that ended nothing is in flight', () => {
  const [sum] = sumMirrors(
    [{ mirrors: [of('m', 1)] }, { mirrors: [of('m', 2)] }],
    [{ mirrors: [of('m', 4)] }],
  );
  assert.deepEqual(sum, { ...of('m', 7), inFlight: 3 });
});

test('a mirror that was taken away is forgotten, unless all that is known is past', () => {
  const past = [{ mirrors: [of('gone', 1)] }];
  assert.deepEqual(
    sumMirrors([{ mirrors: [of('m', 1)] }], past).map(({ mirror }) => mirror),
    ['m'],
  );
  assert.deepEqual(sumMirrors([], past), [{ ...of('gone', 1), inFlight: 0 }]);
});
