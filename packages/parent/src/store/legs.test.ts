import assert from 'node:assert/strict';
import { test } from 'node:test';
import { by, joinChildren, testStore } from './fixture.ts';

test('weights and modes are kept apart, and only of the named children', () => {
  using t = testStore();
  joinChildren(t, 'vm-1', 'cluster-1');
  t.store.setWeights('orders', { 'vm-1': 90 }, { 'vm-1': 1, 'cluster-1': 1 }, by);
  t.store.setModes('orders', { 'vm-1': 'standby', 'cluster-1': 'off' }, by);
  t.store.setWeights('orders', { 'cluster-1': 0 }, {}, by);
  assert.deepEqual(t.reopen().legs('orders'), [
    { child: 'cluster-1', weight: 0, mode: 'off' },
    { child: 'vm-1', weight: 90, mode: 'standby' },
  ]);
  assert.deepEqual([...t.store.allLegs()], [['orders', t.store.legs('orders')]]);
  assert.deepEqual(t.store.legs('other'), []);
});

test('the history shows what was in force before, the hint of a child included', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  const entry = t.store.setWeights(
    'orders',
    { 'vm-1': 90 },
    { 'vm-1': 7 },
    { actor: 'socket:ann', reason: 'go' },
  );
  assert.deepEqual(
    { ...entry, hash: entry.hash.length },
    {
      seq: entry.seq,
      at: '2026-01-01T00:00:00.000Z',
      actor: 'socket:ann',
      reason: 'go',
      action: 'weights',
      subject: 'orders',
      before: { 'vm-1': 7 },
      after: { 'vm-1': 90 },
      hash: 64,
    },
  );
  assert.deepEqual(t.store.history({ limit: 1 }), [entry]);
});

test('undo restores exactly what was decided before, "never" included', () => {
  using t = testStore();
  joinChildren(t, 'vm-1', 'cluster-1');
  t.store.setWeights('orders', { 'vm-1': 90 }, {}, by);
  t.store.setWeights('orders', { 'vm-1': 50, 'cluster-1': 50 }, {}, by);
  const { entry, uplink } = t.store.undo(by);
  assert.equal(uplink, 'orders');
  assert.deepEqual(
    [entry.before, entry.after],
    [
      { 'vm-1': 50, 'cluster-1': 50 },
      { 'vm-1': 90, 'cluster-1': null },
    ],
  );
  assert.deepEqual(t.store.legs('orders'), [{ child: 'vm-1', weight: 90 }]);
  t.store.undo(by);
  assert.deepEqual(t.store.legs('orders'), [], 'never decided again');
  assert.throws(() => t.store.undo(by), { code: 'undo.nothing', status: 409 });
});

test('undo skips what is taken back already, and an undo can be taken back by its number', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  const weights = t.store.setWeights('orders', { 'vm-1': 90 }, {}, by);
  const modes = t.store.setModes('orders', { 'vm-1': 'off' }, by);
  const first = t.store.undo(by).entry;
  assert.equal(first.undoes, modes.seq);
  assert.deepEqual(t.store.legs('orders'), [{ child: 'vm-1', weight: 90 }]);

  const second = t.store.undo(by, first.seq).entry;
  assert.equal(second.undoes, first.seq);
  assert.deepEqual(t.store.legs('orders'), [{ child: 'vm-1', weight: 90, mode: 'off' }]);

  assert.throws(() => t.store.undo(by, first.seq), { code: 'undo.already' });
  assert.equal(t.store.undo(by).entry.undoes, modes.seq, 'the mode stood again, so it is the newest');
  assert.equal(t.store.undo(by).entry.undoes, weights.seq);
  assert.equal(t.store.verifyHistory(), 'verified');
});

test('sessions of legs that drain have a deadline that is kept, shown and taken back', () => {
  using t = testStore();
  joinChildren(t, 'vm-1', 'cluster-1');
  t.store.setModes('orders', { 'cluster-1': 'draining' }, by);
  const modes = { 'vm-1': 'draining', 'cluster-1': 'standby' } as const;
  const entry = t.store.setModes('orders', modes, by, 1_800_000);
  assert.deepEqual(
    [entry.before, entry.after],
    [
      { 'vm-1': null, 'cluster-1': 'draining' },
      { 'vm-1': 'draining until 2026-01-01T00:30:00.000Z', 'cluster-1': 'standby' },
    ],
  );
  const until = Date.parse('2026-01-01T00:30:00Z');
  const drained = [
    { child: 'cluster-1', mode: 'standby' },
    { child: 'vm-1', mode: 'draining', sessionsUntil: until },
  ];
  assert.deepEqual(t.reopen().legs('orders'), drained, 'it survives a restart');
  assert.deepEqual(t.store.allLegs().get('orders'), drained);

  t.store.setModes('orders', { 'vm-1': 'active' }, by);
  assert.deepEqual(t.store.legs('orders')[1], { child: 'vm-1', mode: 'active' }, 'a new mode ends it');
  t.clock.time += 60_000;
  assert.deepEqual(t.store.undo(by).entry.after, { 'vm-1': 'draining until 2026-01-01T00:30:00.000Z' });
  assert.deepEqual(t.store.legs('orders'), drained, 'the same moment as before');
  t.store.undo(by);
  assert.deepEqual(t.store.legs('orders'), [{ child: 'cluster-1', mode: 'draining' }]);
  assert.equal(t.store.verifyHistory({ full: true }), 'verified');
});

for (const [what, modes, ms] of [
  ['nothing drains', { 'vm-1': 'off' }, 1000],
  ['no time', { 'vm-1': 'draining' }, 0],
  ['a part of a millisecond', { 'vm-1': 'draining' }, 1.5],
  ['more than a year', { 'vm-1': 'draining' }, 366 * 86_400_000],
] as const) {
  test(`sessions are refused a deadline: ${what}`, () => {
    using t = testStore();
    joinChildren(t, 'vm-1');
    assert.throws(() => t.store.setModes('orders', modes, by, ms), { code: 'sessions.invalid', status: 400 });
    assert.deepEqual(t.store.legs('orders'), []);
  });
}

test('undo by number refuses what it cannot take back', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  assert.throws(() => t.store.undo(by, 1), { code: 'undo.not-possible' });
  assert.throws(() => t.store.undo(by, 99), { code: 'undo.unknown', status: 404 });
  const { seq } = t.store.setWeights('orders', { 'vm-1': 1 }, {}, by);
  t.store.undo(by, seq);
  assert.throws(() => t.store.undo(by, seq), { code: 'undo.already' });
});

test('bad changes are refused with their code, and change nothing', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  const before = t.store.history({});
  const bad = (value: unknown) => value as number;
  for (const value of [-1, 1001, 1e9, 0.5, Number.NaN, 'ten', '10', null, undefined, true, [1], {}]) {
    assert.throws(() => t.store.setWeights('orders', { 'vm-1': bad(value) }, {}, by), {
      code: 'weight.invalid',
    });
  }
  for (const value of ['Active', '', 'drain', 1, null]) {
    assert.throws(() => t.store.setModes('orders', { 'vm-1': value as 'off' }, by), { code: 'mode.invalid' });
  }
  assert.throws(() => t.store.setWeights('orders', {}, {}, by), { code: 'weight.invalid' });
  for (const child of ['vm-2', '__proto__', 'constructor', "x' OR 1=1 --", '`']) {
    const weights = JSON.parse(`{${JSON.stringify(child)}: 1}`) as Record<string, number>;
    assert.throws(() => t.store.setWeights('orders', weights, {}, by), {
      code: 'child.unknown',
      status: 404,
    });
  }
  for (const uplink of ['', 'Orders', 'a b', '`x`', '"x"', 'x'.repeat(254)]) {
    assert.throws(() => t.store.setWeights(uplink, { 'vm-1': 1 }, {}, by), { code: 'uplink.invalid-name' });
  }
  for (const reason of [
    '',
    '  ',
    'a\nb',
    'a\u0000',
    '\u009b',
    'x'.repeat(501),
    undefined as unknown as string,
  ]) {
    assert.throws(() => t.store.setWeights('orders', { 'vm-1': 1 }, {}, { actor: 'a', reason }), {
      code: 'reason.invalid',
    });
  }
  assert.throws(() => t.store.setWeights('orders', { 'vm-1': 1 }, {}, { actor: '', reason: 'x' }), {
    code: 'actor.invalid',
  });
  // One bad leg refuses the others with it.
  assert.throws(() => t.store.setWeights('orders', { 'vm-1': 5, 'vm-2': 5 }, {}, by), {
    code: 'child.unknown',
  });
  t.store.revokeChild('vm-1', by);
  assert.throws(() => t.store.setWeights('orders', { 'vm-1': 1 }, {}, by), { code: 'child.revoked' });
  assert.deepEqual(t.store.legs('orders'), []);
  assert.equal(t.store.history({}).length, before.length + 1);
});
