import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePeakMemory, parseStat, treeOf, usageOf } from './cpu.ts';

const TAIL = 'S 10 42 42 0 -1 4194560 900 5000 0 0 700 30 20 5 20 0 1 0 1000 1 1 1';

test('the times of a process and of the children it reaped are added up', () => {
  assert.deepEqual(parseStat(`42 (nginx) ${TAIL}`), { pid: 42, parent: 10, ticks: 755 });
});

test('a command name of any characters moves no field', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 15, unit: 'binary' }), (name) => {
      assert.deepEqual(parseStat(`42 (${name}) ${TAIL}`), { pid: 42, parent: 10, ticks: 755 });
    }),
  );
});

test('anything else is a RangeError and never a wrong figure', () => {
  assert.throws(() => parseStat('42 (nginx) S 10 42'), RangeError);
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => parseStat(text.replaceAll('(', '')), RangeError);
    }),
  );
});

test('peak memory is VmHWM, and 0 where the kernel states none', () => {
  assert.equal(parsePeakMemory('Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t   14200 kB\nVmRSS:\t 1 kB\n'), 14200);
  assert.equal(parsePeakMemory('Name:\tx\nState:\tZ (zombie)\n'), 0);
});

test('a tree holds the roots and all that descend from them, and nothing else', () => {
  const process = (pid: number, parent: number) => ({ pid, parent, ticks: 1 });
  const all = [process(30, 20), process(20, 10), process(10, 1), process(11, 1), process(40, 10)];
  assert.deepEqual(
    treeOf([10], all).map(({ pid }) => pid),
    [10, 20, 40, 30],
  );
});

test('this process uses CPU time and memory', () => {
  const before = usageOf([process.pid]);
  const end = performance.now() + 60;
  while (performance.now() < end);
  const after = usageOf([process.pid]);
  assert.ok(after.cpuSeconds > before.cpuSeconds);
  assert.ok(after.peakMemoryMiB > 10);
});
