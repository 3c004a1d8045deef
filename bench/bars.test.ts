import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdicts } from './bars.ts';
import { columnsFor } from './columns.ts';
import { type Report, toText } from './report.ts';
import { type Row, type Sample, toRow, withRatios } from './rows.ts';

function sample(cpuUsPerRequest: number, more: Partial<Sample> = {}): Sample {
  return { requestsPerSecond: 1000, cpuUsPerRequest, peakMemoryMiB: 50, errors: 0, ...more };
}

function judge(...rows: Row[]) {
  const names = rows.map(({ scenario }) => scenario);
  return verdicts([...new Set(names)], withRatios(rows)).map(({ what, found, verdict }) => [
    what,
    found,
    verdict,
  ]);
}

test("the pair over HTTP/2 is held against both of HAProxy's", () => {
  const pair = (ficus: number) => [
    toRow('pair-h1', 'haproxy', [sample(30)]),
    toRow('pair-h2', 'haproxy', [sample(20)]),
    toRow('pair-h2', 'ficus', [sample(ficus)]),
  ];
  assert.deepEqual(judge(...pair(21)), [
    ['CPU ÷ haproxy', 1.05, 'pass'],
    ['CPU ÷ haproxy pair-h1', 0.7, 'pass'],
  ]);
  assert.deepEqual(judge(...pair(27)), [
    ['CPU ÷ haproxy', 1.35, 'pass'],
    ['CPU ÷ haproxy pair-h1', 0.9, 'FAIL'],
  ]);
});

test('bars at least, at most and below are what they say', () => {
  const transfer = (cpu: number) => [
    toRow('upload-1g-pair-h2', 'haproxy', [sample(30)]),
    toRow('upload-1g-pair-h2', 'ficus', [sample(cpu)]),
  ];
  assert.deepEqual(judge(...transfer(50)), [['MB per CPU s ÷ haproxy', 1 / 1.6667, 'FAIL']]);
  assert.equal(judge(...transfer(49))[0]?.[2], 'pass');
  const slow = (p99Growth: number) =>
    judge(toRow('slow-streams-reader', 'ficus', [sample(1, { p99Growth })]));
  assert.deepEqual(slow(2), [['p99 with ÷ without', 2, 'FAIL']]);
  assert.equal(slow(1.99)[0]?.[2], 'pass');
  const grpc = [toRow('grpc', 'ficus', [sample(30)]), toRow('grpc', 'caddy', [sample(100)])];
  assert.equal(judge(...grpc)[0]?.[2], 'pass');
});

test('a chain, a mirror and a large file are held against themselves', () => {
  const chain = (timesBare: number) => judge(toRow('chain', 'ficus', [sample(20, { timesBare })]))[0];
  assert.deepEqual(chain(1.35), ['CPU ÷ bare route', 1.35, 'pass']);
  assert.equal(chain(1.36)?.[2], 'FAIL');
  const mirror = toRow('mirror', 'ficus', [
    sample(60, { mirroredGrowth: 1.16, hangingGrowth: 1.01, hangingMoreMiB: -0.4 }),
  ]);
  assert.deepEqual(
    judge(mirror).map(([, , verdict]) => verdict),
    ['FAIL', 'pass', 'pass'],
  );
  const scale = toRow('scale', 'ficus', [
    sample(60, { loadSeconds: 1.7, liveMs: 299, stallMs: 50, peakMemoryMiB: 399 }),
  ]);
  assert.deepEqual(
    judge(scale).map(([, , verdict]) => verdict),
    ['pass', 'pass', 'FAIL', 'pass'],
  );
});

test('a look at a fleet is held against a second and 150 MiB, however many are tagged', () => {
  const look = (scenario: string, lookCpuSeconds: number, peakMemoryMiB: number) =>
    judge(toRow(scenario, 'ficus', [sample(1, { lookCpuSeconds, peakMemoryMiB })])).map((each) => each[2]);
  assert.deepEqual(look('prism-none', 0.99, 149), ['pass', 'pass']);
  assert.deepEqual(look('prism-500', 1, 150), ['FAIL', 'FAIL']);
  assert.deepEqual(look('prism-5000', 0.1, 240), ['pass', 'FAIL']);
});

test('each kind of row has a table of its own', () => {
  const titles = (more: Partial<Sample>) =>
    columnsFor([toRow('x', 'ficus', [sample(20, more)])]).map(([title]) => title);
  assert.ok(titles({ timesBare: 1.2, bareCpuUs: 15 }).includes('÷ bare'));
  assert.ok(titles({ mirroredGrowth: 1, hangingGrowth: 1 }).includes('mirror hangs'));
  assert.ok(titles({ lookCpuSeconds: 0.2, tagLiveMs: 4000 }).includes('tag live s'));
  assert.ok(titles({ liveMs: 200, stallMs: 10 }).includes('stall ms'));
});

test('failed requests pass no bar, and a figure that is not there is no pass', () => {
  const resets = (errors: number) => toRow('resets', 'ficus', [sample(1, { memoryGrowth: 1.02, errors })]);
  assert.equal(judge(resets(0))[0]?.[2], 'pass');
  assert.equal(judge(resets(1))[0]?.[2], 'FAIL');
  assert.deepEqual(judge(toRow('grpc', 'caddy', [sample(100)])), [
    ['requests per CPU s ÷ caddy', undefined, 'not measured'],
  ]);
});

test('the tables end with the bars, and say who was left out', () => {
  const rows = withRatios([toRow('hop', 'ficus', [sample(15)]), toRow('hop', 'haproxy', [sample(12)])]);
  const leftOut = [{ gateway: 'nginx', scenario: 'pair-h2', reason: 'no HTTP/2' }];
  const about = { at: '2026-01-02T03:04:05Z', machine: 'm', rounds: 3, seconds: 5, absent: [], failed: [] };
  const report: Report = { ...about, rows, bars: verdicts(['hop'], rows), leftOut };
  assert.match(toText(report), /\| hop: CPU ÷ haproxy \| ≤ 1\.5 \|\s+1\.25 \|\s+pass \|/);
  assert.match(toText(report), /LEFT OUT: nginx in pair-h2: no HTTP\/2/);
});
