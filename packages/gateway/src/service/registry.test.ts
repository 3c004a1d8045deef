import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines } from '../net/deadlines.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { transport } from '../testing/models.ts';
import type { PoolAddress } from './dial.ts';
import { Registry } from './registry.ts';

const address: PoolAddress = { scheme: 'https', host: '127.0.0.1', port: 9443 };
const model = () => transport({ name: ['vm-1', 'multicluster'] });
const registry = () => new Registry(new Deadlines(new ManualClock()));

/** What a generation of one service over `way` does. */
function generation(held: Registry, way = model()) {
  held.begin();
  const pool = held.pool(held.transport(way), address);
  held.commit([way]);
  return pool;
}
function emptyGeneration(held: Registry): void {
  held.begin();
  held.commit([]);
}

test('lent before the model has it: the generation that comes gets the very same pool, and leaves it when it goes', () => {
  const held = registry();
  const lent = held.lend(model(), address);
  assert.equal(held.lend(model(), address), lent);
  assert.equal(generation(held), lent);
  emptyGeneration(held);
  assert.deepEqual([...held.pools()], [lent]);
  assert.equal(generation(held), lent);
  emptyGeneration(held);
  held.giveBack(lent);
  assert.equal(held.lend(model(), address), lent, 'still lent once');
  held.giveBack(lent);
  held.giveBack(lent);
  assert.deepEqual([...held.pools()], [], 'nothing leaks');
  assert.deepEqual([...held.named(['vm-1', 'multicluster'])], []);
  assert.notEqual(held.lend(model(), address), lent);
});

test('given back while services dial it, it stays; a pool that services no longer dial stays while it is lent', () => {
  const held = registry();
  const pool = generation(held);
  assert.equal(held.lend(model(), address), pool);
  held.giveBack(pool);
  assert.deepEqual([...held.pools()], [pool]);
  assert.equal(held.lend(model(), address), pool);
  held.unused(pool);
  held.giveBack(pool);
  assert.deepEqual([...held.pools()], []);
  // The generation's transport is still there for endpoints that come.
  const [way] = held.named(['vm-1', 'multicluster']);
  assert.ok(way !== undefined);
  assert.notEqual(held.runningPool(way, address), pool);
});

test('another content is another transport until the model is there; a renewal reaches both', () => {
  const held = registry();
  const before = generation(held);
  const lent = held.lend({ ...model(), disableHTTP2: true }, address);
  assert.notEqual(lent.transport, before.transport);
  assert.deepEqual([...held.named(['vm-1', 'multicluster'])], [before.transport, lent.transport]);
  assert.equal(generation(held, { ...model(), disableHTTP2: true }), lent);
  assert.deepEqual([...held.named(['vm-1', 'multicluster'])], [lent.transport]);
});

test('a generation that could not be built leaves what is lent untouched', () => {
  const held = registry();
  const lent = held.lend(model(), address);
  held.begin();
  held.pool(held.transport(model()), address);
  // No commit: it threw. The next one is built from scratch.
  assert.equal(generation(held), lent);
  held.giveBack(lent);
  assert.deepEqual([...held.pools()], [lent]);
});
