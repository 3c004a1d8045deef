import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CodeRange, RollingCounts } from './rolling-counts.ts';
import { RollingLatencies } from './rolling-latencies.ts';

const ranges: readonly CodeRange[] = [
  [500, 600],
  [0, 600],
  [404, 405],
];

test('counts of the last ten seconds agree with counting one by one', () => {
  const request = fc.tuple(fc.nat({ max: 4000 }), fc.constantFrom(200, 404, 499, 500, 502, 504, 599, 600));
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
      const counts = new RollingCounts(ranges);
      const all: (readonly [at: number, status: number])[] = [];
      let now = 123_456;
      for (const [ms, status] of requests) {
        now += ms;
        counts.add(now, status);
        all.push([now, status]);
        // Whole seconds: the one that is running and the nine before it.
        const recent = all.filter(([at]) => Math.floor(at / 1000) > Math.floor(now / 1000) - 10);
        assert.equal(counts.total, recent.length);
        assert.equal(counts.networkErrors, recent.filter(([, one]) => one === 502 || one === 504).length);
        for (const [from, to] of ranges)
          assert.equal(counts.in(from, to), recent.filter(([, one]) => one >= from && one < to).length);
      }
    }),
  );
});

test('after a long silence nothing is left', () => {
  const counts = new RollingCounts(ranges);
  counts.add(0, 500);
  counts.roll(9_999);
  assert.equal(counts.total, 1);
  counts.roll(10_000);
  assert.deepEqual([counts.total, counts.in(500, 600)], [0, 0]);
});

test('quantiles are at most three percent too high, whatever was measured', () => {
  const latency = fc.double({ min: 0.1, max: 3_000_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      (all, percent) => {
        const latencies = new RollingLatencies();
        for (const ms of all) latencies.add(5, ms);
        const sorted = all.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil((all.length * percent) / 100)) - 1] as number;
        const found = latencies.quantile(percent);
        assert.ok(found >= exact && found <= exact * 1.03, `${found} for ${exact}`);
      },
    ),
  );
});

test('latencies are those of the last minute; nothing is measured beyond its ends', () => {
  const latencies = new RollingLatencies();
  assert.equal(latencies.quantile(50), 0);
  latencies.add(0, 100);
  latencies.add(30_000, 10);
  latencies.add(30_000, 10);
  assert.ok(latencies.quantile(100) > 99);
  latencies.roll(60_000);
  assert.ok(latencies.quantile(100) < 11);
  latencies.roll(300_000);
  assert.equal(latencies.quantile(100), 0);
  latencies.add(300_000, 0);
  latencies.add(300_000, Number.MAX_VALUE);
  assert.ok(latencies.quantile(50) < 0.1);
  assert.ok(latencies.quantile(100) > 3_600_000);
  latencies.clear();
  assert.equal(latencies.quantile(50), 0);
});
