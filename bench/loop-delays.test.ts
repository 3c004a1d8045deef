import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { delaysOf, longestDelay, measuringLoops, parseDelays } from './loop-delays.ts';

test('lines are read, and one that is half written is not', () => {
  assert.deepEqual(parseDelays('1000 0.25 0.5\n1050 12.50 8\n1100 3'), [
    { end: 1000, longest: 0.25, busiest: 0.5 },
    { end: 1050, longest: 12.5, busiest: 8 },
  ]);
});

test('only windows of the span count, and none is no good news', () => {
  const windows = parseDelays('1000 40 1\n1050 5 4\n1100 7 3\n1150 90 2\n');
  assert.deepEqual(longestDelay(windows, 1001, 1100), { longest: 7, busiest: 4 });
  assert.throws(() => longestDelay(windows, 2000, 3000), RangeError);
});

test('a process that is preloaded tells of its own stall', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ficus-delays-'));
  const busy = `setTimeout(() => { const end = performance.now() + 120; while (performance.now() < end); }, 100);
    setTimeout(() => {}, 400);`;
  const env = { ...process.env, ...measuringLoops(folder) };
  execFileSync(process.execPath, ['-e', busy], { env });
  const [pid] = readdirSync(folder);
  const { longest, busiest } = longestDelay(delaysOf(folder, Number(pid)), 0, Number.POSITIVE_INFINITY);
  rmSync(folder, { recursive: true });
  assert.ok(longest >= 110, `a loop that stood still for 120 ms: ${longest} ms`);
  assert.ok(busiest > 10 && busiest <= longest + 10, `and was busy: ${busiest} ms`);
});
