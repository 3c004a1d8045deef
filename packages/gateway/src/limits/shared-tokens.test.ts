import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Tokens } from './limits.ts';
import { settled, TestWorkers, take } from './testing.ts';

const hour = 3_600_000;
const passed = (waits: readonly number[]) => waits.filter((wait) => wait >= 0).length;

describe('tokens of several workers', () => {
  it('are one bucket', async () => {
    const all = new TestWorkers(3);
    const tokens = all.workers.map((worker) => worker.tokens(1, hour, 5));
    const asked = tokens.flatMap((each) => Array.from({ length: 10 }, () => take(each, 's')));
    const waits = await Promise.all(asked);
    assert.equal(passed(waits), 5);
    // And another source has another.
    assert.equal(await take(tokens[0] as Tokens, 'other'), 0);
    assert.equal(await take(tokens[1] as Tokens, 's'), -hour);
  });

  it('never pass more than one bucket would, and never less, whoever asks when', async () => {
    const step = fc.record({
      worker: fc.nat(2),
      source: fc.nat(1),
      requests: fc.integer({ min: 1, max: 30 }),
      ms: fc.nat(300),
      wait: fc.boolean(),
    });
    const steps = fc.array(step, { minLength: 10, maxLength: 60 });
    const rates = fc.record({
      average: fc.integer({ min: 1, max: 3000 }),
      burst: fc.integer({ min: 1, max: 600 }),
    });
    await fc.assert(
      fc.asyncProperty(steps, rates, async (script, { average, burst }) => {
        const all = new TestWorkers(3);
        const tokens = all.workers.map((worker) => worker.tokens(average, 1000, burst));
        const counts = [0, 0];
        const decided: Promise<void>[] = [];
        for (const { worker, source, requests, ms, wait } of script) {
          all.clock.advance(ms);
          const until = all.clock.monotonic();
          for (let i = 0; i < requests; i++) {
            const one = take(tokens[worker] as Tokens, `${source}`).then((delay) => {
              if (delay >= 0) counts[source] = (counts[source] as number) + 1;
              const most = burst + (average / 1000) * all.clock.monotonic() + 0.5;
              assert.ok((counts[source] as number) <= most + 1e-6, `${counts[source]} > ${most} at ${until}`);
            });
            decided.push(one);
          }
          if (wait) await settled();
        }
        await settled();
        all.clock.advance(50);
        await Promise.all(decided);
        // Whatever lies idle with others is called back before anybody is refused.
        await settled();
        for (const source of [0, 1]) {
          const waits = await Promise.all(
            Array.from({ length: burst + 20 }, () => take(tokens[0] as Tokens, `${source}`)),
          );
          assert.ok(passed(waits) <= burst + 1, `${passed(waits)} at once`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are lent to busy workers, who then seldom ask, and called back when another needs them', async () => {
    const all = new TestWorkers(2);
    const [one, other] = all.workers.map((worker) => worker.tokens(1000, 1000, 1000)) as [Tokens, Tokens];
    let first = 0;
    for (let i = 0; i < 700; i++) first += Number((await take(one, 's')) === 0);
    assert.equal(first, 700);
    assert.ok(all.asked < 40, `${all.asked} messages for 700 requests`);
    // The time stood still: there are 300 left, some of them with the first worker.
    const waits = await Promise.all(Array.from({ length: 400 }, () => take(other, 's')));
    assert.equal(passed(waits), 300);
  });

  it('that are not used come back, and nothing is remembered of sources that are gone', async () => {
    const all = new TestWorkers(2);
    const [one, other] = all.workers.map((worker) => worker.tokens(10, 1000, 100)) as [Tokens, Tokens];
    for (let i = 0; i < 20; i++) assert.equal(await take(one, 's'), 0);
    await settled();
    // A second without use, and another to see it.
    all.clock.advance(1000);
    all.clock.advance(1000);
    await settled();
    assert.equal((one as Tokens & { size: number }).size, 0);
    all.clock.advance(20_000);
    assert.equal(passed(await Promise.all(Array.from({ length: 150 }, () => take(other, 's')))), 100);
  });

  it('do not multiply while workers hold them', async () => {
    const all = new TestWorkers(2);
    const [one, other] = all.workers.map((worker) => worker.tokens(100, 1000, 100)) as [Tokens, Tokens];
    for (let i = 0; i < 30; i++) await take(one, 's');
    // What it was given ahead is part of the bucket, which is full by now.
    for (let i = 0; i < 9; i++) {
      all.clock.advance(100);
      await settled();
    }
    const waits = await Promise.all([
      ...Array.from({ length: 150 }, () => take(one, 's')),
      ...Array.from({ length: 150 }, () => take(other, 's')),
    ]);
    assert.ok(passed(waits) <= 101, `${passed(waits)}`);
    assert.ok(passed(waits) >= 99, `${passed(waits)}`);
  });

  it('that were spent are not replaced for the time before', async () => {
    const all = new TestWorkers(2);
    const one = all.worker(0).tokens(1000, 1000, 100);
    // Busy for a while, so that it is lent some.
    for (let i = 0; i < 30; i++) await take(one, 's');
    all.clock.advance(500);
    const waits = await Promise.all(Array.from({ length: 200 }, () => take(one, 's')));
    assert.ok(passed(waits) <= 101, `${passed(waits)} at once`);
    // What it had was room that was not filled.
    assert.ok(passed(waits) >= 90, `${passed(waits)} at once`);
  });

  it('of a worker that died are back with time, and those it asked for nobody gets', async () => {
    const all = new TestWorkers(2);
    const [one, other] = all.workers.map((worker) => worker.tokens(10, 1000, 10)) as [Tokens, Tokens];
    for (let i = 0; i < 4; i++) await take(one, 's');
    all.authority.gone(all.worker(0));
    all.clock.advance(10_000);
    assert.equal(passed(await Promise.all(Array.from({ length: 12 }, () => take(other, 's')))), 10);
    all.authority.gone(all.worker(1));
    assert.equal(all.authority.size, 1, 'its successor must not find a full bucket');
    all.clock.advance(1000);
    assert.equal(all.authority.size, 0);
  });

  it('do not wait for a worker that is stuck', async () => {
    const all = new TestWorkers(2);
    const [one, other] = all.workers.map((worker) => worker.tokens(1000, 1000, 1000)) as [Tokens, Tokens];
    for (let i = 0; i < 100; i++) await take(one, 's');
    all.worker(0).stopped = true;
    const all1000 = Promise.all(Array.from({ length: 1000 }, () => take(other, 's')));
    await settled();
    all.clock.advance(25);
    const count = passed(await all1000);
    assert.ok(count > 700 && count <= 926, `${count}`);
  });

  it('when the main process does not answer each worker limits alone, and says so once', async () => {
    const all = new TestWorkers(2);
    const tokens = all.worker(0).tokens(1, hour, 3);
    all.worker(0).stopped = true;
    const waits = Promise.all(Array.from({ length: 5 }, () => take(tokens, 's')));
    await settled();
    all.clock.advance(100);
    assert.equal(passed(await waits), 3);
    assert.equal(await take(tokens, 's'), -hour, 'nobody waits any more');
    assert.deepEqual(all.log, ['the main process does not answer: limits hold in each worker alone']);
    all.worker(0).go();
    await settled();
    assert.deepEqual(all.log.slice(1), ['the main process answers again: limits hold over all workers']);
    assert.ok((await take(tokens, 's')) < 0, 'what it asked for is used up');
    assert.equal(all.log.length, 2);
  });

  it('a flood of what is refused is none for the main process, and ends in time', async () => {
    const all = new TestWorkers(2);
    const tokens = all.worker(0).tokens(10, 1000, 1);
    assert.equal(await take(tokens, 's'), 0);
    assert.equal(await take(tokens, 's'), -100);
    const before = all.asked;
    for (let i = 0; i < 1000; i++) assert.equal(await take(tokens, 's'), -100);
    all.clock.advance(49);
    assert.equal(await take(tokens, 's'), -51);
    assert.equal(all.asked, before);
    all.clock.advance(1);
    assert.equal(await take(tokens, 's'), 50);
  });

  it('memory does not grow with hostile sources', async () => {
    const all = new TestWorkers(2);
    const tokens = all.worker(0).tokens(1, 1000, 1) as Tokens & { size: number };
    for (let round = 0; round < 7; round++) {
      for (let i = 0; i < 10_000; i++) void take(tokens, `source ${round} ${i}`);
      await settled();
    }
    assert.ok(tokens.size <= 65_536, `${tokens.size}`);
    all.clock.advance(1000);
    all.clock.advance(1000);
    assert.equal(tokens.size, 0);
  });
});
