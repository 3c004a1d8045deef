import assert from 'node:assert/strict';
import { test } from 'node:test';
import { by, joinChildren, testStore } from '../store/fixture.ts';
import type { Store } from '../store/store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Decisions } from './decisions.ts';

/** A real store whose reads fail while `broken`, and count. */
function decided() {
  const t = testStore();
  joinChildren(t, 'vm-1', 'cluster-1');
  const state = { broken: false, reads: 0, logged: [] as string[] };
  const read = <T>(answer: () => T): T => {
    state.reads += 1;
    if (state.broken) throw new Error('disk I/O error');
    return answer();
  };
  const store: Pick<Store, 'children' | 'denied' | 'allLegs' | 'onCommit'> = {
    children: () => read(() => t.store.children()),
    denied: () => read(() => t.store.denied()),
    allLegs: () => read(() => t.store.allLegs()),
    onCommit: (listener) => t.store.onCommit(listener),
  };
  const clock = new ManualClock();
  const decisions = new Decisions({ clock, store, log: (_, message) => state.logged.push(message) });
  return Object.assign(state, { t, clock, decisions, store, [Symbol.dispose]: () => t[Symbol.dispose]() });
}

test('each committed write shows at once, and asking reads nothing', () => {
  using run = decided();
  run.t.store.setWeights('orders', { 'vm-1': 90 }, {}, by);
  assert.deepEqual(run.decisions.legs('orders'), [{ child: 'vm-1', weight: 90 }]);
  assert.deepEqual(run.decisions.legs('billing'), []);
  run.t.store.revokeChild('cluster-1', by);
  const { reads } = run;
  assert.deepEqual(run.decisions.denied(), run.t.store.denied());
  assert.deepEqual(run.decisions.children(), run.t.store.children());
  assert.deepEqual(run.decisions.child('vm-1')?.workloads, ['orders', 'billing-*']);
  assert.equal(run.reads, reads);
});

test('a write that was rolled back changes nothing', () => {
  using run = decided();
  assert.throws(() => run.t.store.setWeights('orders', { 'vm-1': 5, stranger: 1 }, {}, by));
  assert.deepEqual(run.decisions.legs('orders'), []);
});

test('while the store cannot be read the last answers count, a problem says so, and it is tried again', () => {
  using run = decided();
  let recovered = 0;
  run.decisions.onRecovered(() => (recovered += 1));
  run.t.store.setWeights('orders', { 'vm-1': 90 }, {}, by);
  run.broken = true;
  run.t.store.setWeights('orders', { 'vm-1': 10 }, {}, by);
  assert.deepEqual(run.decisions.legs('orders'), [{ child: 'vm-1', weight: 90 }]);
  run.clock.advance(2000);
  assert.deepEqual(
    [run.decisions.problem?.code, run.decisions.problem?.message, run.decisions.problem?.count],
    ['store.unreadable', 'disk I/O error', 3],
  );
  assert.equal(run.logged.length, 1, 'told once, not each second');
  run.broken = false;
  run.clock.advance(1000);
  assert.deepEqual(run.decisions.legs('orders'), [{ child: 'vm-1', weight: 10 }]);
  assert.equal(run.decisions.problem, undefined);
  assert.equal(recovered, 1);
});

test('closed: no more reads', () => {
  using run = decided();
  run.broken = true;
  run.t.store.setWeights('orders', { 'vm-1': 10 }, {}, by);
  run.decisions.close();
  const { reads } = run;
  run.t.store.setWeights('orders', { 'vm-1': 11 }, {}, by);
  run.clock.advance(10_000);
  assert.equal(run.reads, reads);
});

test('a store that cannot be read at the start is no store to start on', () => {
  using run = decided();
  run.broken = true;
  assert.throws(() => new Decisions({ clock: run.clock, store: run.store, log: () => {} }), /disk I\/O/);
});
