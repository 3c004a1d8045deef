import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Visit } from '../middleware/middleware.ts';
import type { Slots } from './limits.ts';
import type { SharedSlots } from './shared.ts';
import { enter, settled, TestWorkers } from './testing.ts';

function slotsOf(all: TestWorkers, amount: number): [SharedSlots, SharedSlots] {
  return [all.worker(0).limits.slots('k', amount), all.worker(1).limits.slots('k', amount)];
}

const entered = (visits: readonly (Visit | undefined)[]) => visits.filter((visit) => visit !== undefined);

describe('slots of several workers', () => {
  it('are one amount, and free again when their requests end', async () => {
    const all = new TestWorkers(2);
    const [one, other] = slotsOf(all, 5);
    const first = await Promise.all(
      [one, other, one, other, one, other, one].map((slots) => enter(slots, 'h')),
    );
    assert.equal(entered(first).length, 5);
    assert.equal(await enter(one, 'h'), undefined);
    assert.notEqual(await enter(one, 'another'), undefined);
    for (const visit of entered(first)) visit.finished(200);
    const second = await Promise.all(Array.from({ length: 7 }, () => enter(other, 'h')));
    assert.equal(entered(second).length, 5, 'those the first worker still had came back');
  });

  it('one after the other, by turns, is never refused', async () => {
    const all = new TestWorkers(2);
    const both = slotsOf(all, 1);
    for (let i = 0; i < 50; i++) {
      const visit = await enter(both[i % 2] as Slots, 'h');
      assert.notEqual(visit, undefined, `${i}`);
      visit?.finished(200);
    }
  });

  it('never let in more, and refuse nobody while there is room', async () => {
    const step = fc.record({
      worker: fc.nat(2),
      enter: fc.boolean(),
      many: fc.integer({ min: 1, max: 8 }),
      wait: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80 }),
        fc.integer({ min: 0, max: 12 }),
        async (script, amount) => {
          const all = new TestWorkers(3);
          const slots = all.workers.map(({ limits }) => limits.slots('k', amount));
          const inside: Visit[] = [];
          const going = async (worker: number) => {
            const visit = await enter(slots[worker] as Slots, 'h');
            if (visit !== undefined) inside.push(visit);
            assert.ok(inside.length <= amount, `${inside.length} of ${amount}`);
            return visit;
          };
          const asked: Promise<unknown>[] = [];
          for (const { worker, enter: enters, many, wait } of script) {
            for (let i = 0; i < many; i++) {
              if (enters) asked.push(going(worker));
              else inside.shift()?.finished(200);
            }
            if (wait) await settled();
          }
          await Promise.all(asked);
          await settled();
          while (inside.length < amount) assert.notEqual(await going(inside.length % 3), undefined);
          assert.equal(await going(0), undefined);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of a worker that died are free', async () => {
    const all = new TestWorkers(2);
    const [one, other] = slotsOf(all, 3);
    for (let i = 0; i < 3; i++) assert.notEqual(await enter(one, 'h'), undefined);
    assert.equal(await enter(other, 'h'), undefined);
    all.authority.gone(all.worker(0));
    for (let i = 0; i < 3; i++) assert.notEqual(await enter(other, 'h'), undefined);
    assert.equal(await enter(other, 'h'), undefined);
  });

  it('stay taken while their requests last, and nothing is remembered afterwards', async () => {
    const all = new TestWorkers(2);
    const [one, other] = slotsOf(all, 2);
    const long = await enter(one, 'h');
    const brief = await enter(one, 'h');
    brief?.finished(200);
    for (let i = 0; i < 5; i++) all.clock.advance(1000);
    await settled();
    const next = await enter(other, 'h');
    assert.notEqual(next, undefined);
    assert.equal(await enter(other, 'h'), undefined, 'the long one still counts');
    long?.finished(200);
    next?.finished(200);
    for (let i = 0; i < 5; i++) all.clock.advance(1000);
    assert.equal(one.size + other.size, 0);
  });

  it('a busy worker seldom asks', async () => {
    const all = new TestWorkers(2);
    const [one] = slotsOf(all, 1000);
    for (let i = 0; i < 500; i++) (await enter(one, 'h'))?.finished(200);
    assert.equal(all.asked, 1);
  });

  it('when the main process does not answer each worker counts alone', async () => {
    const all = new TestWorkers(2);
    const [one] = slotsOf(all, 2);
    all.worker(0).stopped = true;
    const visits = Promise.all(Array.from({ length: 3 }, () => enter(one, 'h')));
    await settled();
    all.clock.advance(100);
    const inside = entered(await visits);
    assert.equal(inside.length, 2);
    assert.equal(await enter(one, 'h'), undefined);
    inside[0]?.finished(200);
    assert.notEqual(await enter(one, 'h'), undefined);
    all.worker(0).go();
    await settled();
    assert.equal(all.log.length, 2);
  });
});
