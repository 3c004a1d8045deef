import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Bucket, bucketRules, fillMs } from './bucket.ts';

describe('token bucket', () => {
  it('lets requests wait for as long as Traefik does', () => {
    const table: [average: number, periodMs: number, maxDelayMs: number][] = [
      [100, 1000, 5],
      [10, 1000, 50],
      [1, 1000, 500],
      // Traefik leaves the fraction out.
      [15, 10_000, 500],
      [25, 10_000, 250],
      [1, 2000, 500],
      [1, 3_600_000, 500],
      [6000, 60_000, 5],
    ];
    for (const [average, periodMs, maxDelayMs] of table)
      assert.equal(bucketRules(average, periodMs, 1).maxDelayMs, maxDelayMs, `${average} in ${periodMs}`);
    assert.equal(fillMs(bucketRules(10, 1000, 5)), 500);
  });

  it('takes, makes wait, refuses and fills', () => {
    const rules = bucketRules(10, 1000, 2);
    const bucket = new Bucket(rules, 0);
    const take = (now: number) => {
      bucket.fill(rules, now, rules.burst);
      return bucket.take(rules);
    };
    assert.deepEqual([take(0), take(0)], [0, 0]);
    assert.equal(take(0), -100);
    assert.equal(Math.round(take(40)), -60, 'what is refused costs nothing');
    assert.equal(Math.round(take(60)), 40);
    // Half of it was lent from the future.
    assert.equal(Math.round(take(60)), -140);
    assert.equal(take(200), 0);
    // Never more than it holds, however long it takes.
    assert.deepEqual([take(1e9), take(1e9)], [0, 0]);
    assert.equal(take(1e9), -100);
  });

  it('never lets more pass than the rate and the burst, whatever comes when', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 300 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (waits, average, burst) => {
          const rules = bucketRules(average, 1000, burst);
          const bucket = new Bucket(rules, 0);
          let now = 0;
          let passed = 0;
          for (const wait of waits) {
            now += wait;
            bucket.fill(rules, now, burst);
            if (bucket.take(rules) >= 0) passed++;
            assert.ok(passed <= burst + rules.rate * now + 0.5 + 1e-6);
          }
        },
      ),
    );
  });
});
