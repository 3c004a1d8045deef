import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, type Report, toText, wentWrong } from './report.ts';
import { type Sample, toRow, withRatios } from './rows.ts';
import { median, percentile, typicalPercentile } from './stats.ts';

function sample(cpuUsPerRequest: number, errors = 0): Sample {
  return { requestsPerSecond: 1000, p50Ms: 1, p99Ms: 2, cpuUsPerRequest, peakMemoryMiB: 50, errors };
}

function report(...rows: Report['rows']): Report {
  const absent = [{ gateway: 'nginx', reason: 'not installed' }];
  return {
    at: '2026-01-02T03:04:05Z',
    machine: 'm',
    rounds: 3,
    seconds: 5,
    rows,
    bars: [],
    absent,
    leftOut: [],
    failed: [],
  };
}

test('median and percentile', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(percentile([5, 1, 4, 2, 3], 0.5), 3);
  assert.equal(percentile([5, 1, 4, 2, 3], 0.99), 5);
  assert.throws(() => median([]), RangeError);
});

test('a typical percentile is that of most windows, whatever one of them had', () => {
  const values = [1, 1, 1, 2, 900, 900, 1, 3].map((value, at) => ({ at: 50 + at, value }));
  assert.equal(typicalPercentile(values, 1, 2), 2.5);
  assert.equal(typicalPercentile(values, 1, 100), 900);
  assert.throws(() => typicalPercentile([], 0.5, 1), RangeError);
});

test('a row has the medians of its samples and the sum of their errors', () => {
  const row = toRow('hop', 'ficus', [sample(30, 1), sample(10), sample(20, 2)]);
  assert.equal(row.cpuUsPerRequest, 20);
  assert.equal(row.errors, 3);
  assert.equal(row.rounds, 3);
});

test('ratios are to the peers of the same scenario', () => {
  const rows = withRatios([
    toRow('hop', 'ficus', [sample(15)]),
    toRow('hop', 'haproxy', [sample(10)]),
    toRow('pair-h1', 'ficus', [sample(60)]),
    toRow('pair-h1', 'caddy', [sample(120)]),
  ]);
  assert.deepEqual(
    rows.map((row) => [row.timesHaproxy, row.timesCaddy]),
    [
      [1.5, undefined],
      [1, undefined],
      [undefined, 0.5],
      [undefined, 1],
    ],
  );
});

test('failed requests and absent gateways are said, in the tables too', () => {
  const good = report(toRow('hop', 'ficus', [sample(15)]));
  const bad = report(toRow('hop', 'ficus', [sample(15, 7)]));
  assert.equal(wentWrong(good), false);
  assert.equal(wentWrong(bad), true);
  assert.match(complaints(bad).join('\n'), /ERRORS: ficus in hop: 7 requests failed/);
  assert.match(toText(good), /ABSENT: nginx: not installed/);
  assert.match(toText(good), /\| ficus \|\s+1000 \|/);
});
