import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SmoothWeighted } from './smooth-weighted.ts';

/** Every window of sum-of-weights picks over two rounds holds each leg exactly `weight` times. */
function assertExact(balancer: SmoothWeighted, weights: readonly number[], available?: Uint8Array): void {
  const taking = weights.map((weight, i) => (available === undefined || available[i] !== 0 ? weight : 0));
  const sum = taking.reduce((total, weight) => total + weight, 0);
  const picks = Array.from({ length: 2 * sum }, () => balancer.next(available));
  const counts = new Array<number>(weights.length).fill(0);
  picks.forEach((pick, i) => {
    counts[pick] = (counts[pick] ?? 0) + 1;
    if (i >= sum) counts[picks[i - sum] as number] = (counts[picks[i - sum] as number] as number) - 1;
    if (i >= sum - 1) assert.deepEqual(counts, taking, `window ending at ${i}`);
  });
}

const someWeights = fc
  .array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 8 })
  .filter((weights) => weights.some((w) => w > 0));

test('every window of sum-of-weights picks is exact', () => {
  fc.assert(
    fc.property(someWeights, (weights) => assertExact(new SmoothWeighted(weights), weights)),
    { numRuns: 300 },
  );
});

test('every window is exact after changes of weights and availability at any moment', () => {
  const change = fc.record({
    picks: fc.nat({ max: 40 }),
    weights: fc.array(fc.nat({ max: 30 }), { minLength: 5, maxLength: 5 }),
    flags: fc.array(fc.nat({ max: 1 }), { minLength: 5, maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      const balancer = new SmoothWeighted([1, 2, 3, 4, 5]);
      for (const { picks, weights, flags } of changes) {
        weights.forEach((weight, i) => {
          balancer.setWeight(i, weight);
        });
        const available = Uint8Array.from(flags);
        for (let i = 0; i < picks; i++) {
          const pick = balancer.next(available);
          if (pick >= 0) assert.ok((weights[pick] as number) > 0 && available[pick] === 1);
          else assert.ok(weights.every((weight, leg) => weight === 0 || flags[leg] === 0));
        }
        assertExact(balancer, weights, available);
      }
    }),
    { numRuns: 300 },
  );
});

test('equal weights take turns in order; a heavy leg leaves the light ones apart', () => {
  const picks = (weights: number[], count: number) => {
    const balancer = new SmoothWeighted(weights);
    return Array.from({ length: count }, () => balancer.next());
  };
  assert.deepEqual(picks([7, 7, 7], 6), [0, 1, 2, 0, 1, 2]);
  const light = picks([5, 1, 1, 1, 1, 1], 100);
  for (let i = 0; i + 3 < light.length; i++) assert.ok(light.slice(i, i + 4).includes(0), `at ${i}`);
});

test('no leg is starved or favoured when weights change every few picks', () => {
  const balancer = new SmoothWeighted([90, 10]);
  const counts = [0, 0];
  for (let i = 0; i < 4000; i++) {
    if (i % 3 === 0) {
      balancer.setWeight(0, i % 2 === 0 ? 90 : 91);
    }
    const pick = balancer.next();
    counts[pick] = (counts[pick] as number) + 1;
  }
  assert.ok(Math.abs((counts[1] as number) - 398) < 8, `${counts}`);
});

test('a leg that comes back does not catch up on what it missed', () => {
  const balancer = new SmoothWeighted([1, 1]);
  const first = Uint8Array.of(1, 0);
  for (let i = 0; i < 1000; i++) assert.equal(balancer.next(first), 0);
  const after = Array.from({ length: 4 }, () => balancer.next());
  assert.ok(after.filter((pick) => pick === 1).length === 2 && after[0] !== after[1], `${after}`);
});

test('nothing to choose from is -1, and a weight brings a leg back', () => {
  const balancer = new SmoothWeighted([0, 0]);
  assert.equal(balancer.next(), -1);
  balancer.setWeight(1, 3);
  assert.equal(balancer.next(), 1);
  assert.equal(balancer.next(Uint8Array.of(1, 0)), -1);
  assert.equal(new SmoothWeighted([]).next(), -1);
});

test('a thousand legs with weights up to a million are shared exactly by their ratio', () => {
  const weights = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1_000_000 : 500_000));
  const balancer = new SmoothWeighted(weights);
  const counts = new Array<number>(1000).fill(0);
  for (let i = 0; i < 1500; i++) counts[balancer.next()]!++;
  assert.deepEqual(
    counts,
    weights.map((weight) => weight / 500_000),
  );
});

test('large weights without a common divisor stay within one pick of their share', () => {
  const balancer = new SmoothWeighted([999_999, 1_000_000]);
  let first = 0;
  for (let i = 1; i <= 20_000; i++) {
    if (balancer.next() === 0) first++;
    assert.ok(Math.abs(first - (i * 999_999) / 1_999_999) <= 1.01);
  }
});

test('a successor goes on where its predecessor stood', () => {
  const old = new SmoothWeighted([3, 1]);
  old.next();
  old.next();
  const next = new SmoothWeighted([3, 1], [old.phase(0), old.phase(1)]);
  assert.deepEqual(
    Array.from({ length: 8 }, () => next.next()),
    Array.from({ length: 8 }, () => old.next()),
  );
});
