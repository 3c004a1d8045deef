import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import { by, joinChildren, type TestStore, testStore } from './fixture.ts';

/** A store with eight entries, tampered with by SQL while it is closed. */
function tampered(sql: string): { verdict: string; changes: number } {
  using t = testStore();
  joinChildren(t, 'vm-1', 'vm-2');
  for (const weight of [10, 20, 30, 40]) t.store.setWeights('orders', { 'vm-1': weight }, {}, by);
  assert.equal(t.store.verifyHistory(), 'verified');
  const changes = edit(t, sql);
  return { verdict: t.reopen().verifyHistory(), changes };
}

function edit(t: TestStore, sql: string): number {
  const database = new DatabaseSync(t.file);
  try {
    return Number(database.prepare(sql).run().changes);
  } finally {
    database.close();
  }
}

test('every edit, deletion and truncation of the history is found', () => {
  const columns = ['at', 'actor', 'reason', 'action', 'subject', 'hash'];
  const mutations = [
    ...columns.map((column) => `UPDATE history SET ${column} = ${column} || 'x' WHERE seq = 5`),
    ...['before', 'after', 'restores'].map(
      (column) => `UPDATE history SET ${column} = '{"vm-1":99}' WHERE seq = 6`,
    ),
    `UPDATE history SET after = 'no json' WHERE seq = 6`,
    'UPDATE history SET undoes = 5 WHERE seq = 6',
    'UPDATE history SET restores = NULL WHERE seq = 6',
    'DELETE FROM history WHERE seq = 1',
    'DELETE FROM history WHERE seq = 4',
    'DELETE FROM history WHERE seq = 8',
    'DELETE FROM history WHERE seq > 3',
    'DELETE FROM history',
    'UPDATE history SET seq = seq + 1 WHERE seq = 8',
    `INSERT INTO history SELECT 9, at, actor, reason, action, subject, before, after, undoes, restores, hash
     FROM history WHERE seq = 8`,
    `UPDATE meta SET value = '7' WHERE key = 'history.count'`,
    `UPDATE meta SET value = 'x' WHERE key = 'history.head'`,
    `DELETE FROM meta WHERE key LIKE 'history.%'`,
  ];
  for (const sql of mutations) {
    const { verdict, changes } = tampered(sql);
    assert.ok(changes > 0, `nothing was changed by: ${sql}`);
    assert.equal(verdict, 'broken', sql);
  }
});

test('a running process verifies what came since, and everything when asked', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  const turn = (weight: number) => t.store.setWeights('orders', { 'vm-1': weight }, {}, by);
  for (const weight of [10, 20, 30]) turn(weight);
  assert.equal(t.store.verifyHistory(), 'verified');
  edit(t, `UPDATE history SET reason = 'another' WHERE seq = 3`);
  turn(40);
  // What was verified isn't read again: a look costs no more as the history grows.
  assert.equal(t.store.verifyHistory(), 'verified');
  assert.equal(t.store.verifyHistory({ full: true }), 'broken');
  assert.equal(t.store.verifyHistory(), 'broken', 'nobody forgets that');
  edit(t, `UPDATE history SET reason = '${by.reason}' WHERE seq = 3`);
  assert.equal(t.store.verifyHistory({ full: true }), 'verified');
  assert.equal(t.store.verifyHistory(), 'verified');
});

for (const [what, sql] of [
  ['an edit of a later entry', `UPDATE history SET reason = 'another' WHERE seq = 6`],
  ['a deleted later entry', 'DELETE FROM history WHERE seq = 5'],
  ['a cut-off end', 'DELETE FROM history WHERE seq > 4'],
  ['a cut-off end with what was verified', 'DELETE FROM history WHERE seq > 2'],
  ['another last verified entry', `UPDATE history SET hash = 'x' WHERE seq = 4`],
  ['a later entry that is no JSON', `UPDATE history SET after = 'no' WHERE seq = 6`],
  ['another count', `UPDATE meta SET value = '5' WHERE key = 'history.count'`],
] as const) {
  test(`verifying what came since finds ${what}`, () => {
    using t = testStore();
    joinChildren(t, 'vm-1');
    for (const weight of [10, 20]) t.store.setWeights('orders', { 'vm-1': weight }, {}, by);
    assert.equal(t.store.verifyHistory(), 'verified');
    for (const weight of [30, 40]) t.store.setWeights('orders', { 'vm-1': weight }, {}, by);
    assert.ok(edit(t, sql) > 0);
    assert.equal(t.store.verifyHistory(), 'broken');
  });
}

test('swapping two entries is found', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  for (const weight of [10, 20]) t.store.setWeights('orders', { 'vm-1': weight }, {}, by);
  edit(t, 'UPDATE history SET seq = -seq WHERE seq IN (3, 4)');
  edit(t, 'UPDATE history SET seq = 7 + seq WHERE seq < 0');
  assert.equal(t.reopen().verifyHistory(), 'broken');
});

test('the history lists newest first, by uplink, within the limit', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  t.store.setWeights('orders', { 'vm-1': 1 }, {}, by);
  t.store.setWeights('billing', { 'vm-1': 2 }, {}, by);
  t.store.setModes('orders', { 'vm-1': 'off' }, by);
  assert.deepEqual(
    t.store.history({}).map((entry) => entry.action),
    ['modes', 'weights', 'weights', 'child.join', 'token.create'],
  );
  assert.deepEqual(
    t.store.history({ uplink: 'orders' }).map((entry) => entry.action),
    ['modes', 'weights'],
  );
  assert.equal(t.store.history({ limit: 2 }).length, 2);
  assert.deepEqual(t.store.history({ uplink: `' OR 1=1 --` }), []);
});

test('canonical JSON has one spelling per value and reads back as that value', () => {
  assert.equal(canonicalJson({ b: 1, a: [{ d: undefined, c: null }] }), '{"a":[{"c":null}],"b":1}');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      // -0 has no JSON spelling of its own.
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalJson(JSON.parse(text)), text);
    }),
  );
});
