import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointModel, loadBalancer, modelOf } from '../testing/models.ts';
import { KeptPatches } from './kept-patches.ts';

const leg = (key: string, weight: number) => ({ key, weight, mode: 'active' as const });
const legs = (...changes: ReturnType<typeof leg>[]) =>
  ({ kind: 'legs', service: ['w', 'file'], legs: changes }) as const;
const health = (service: string, port: number, up: boolean) =>
  ({
    kind: 'health',
    service: [service, 'file'],
    endpoint: { host: 'h', port },
    up,
    reason: '',
  }) as const;

test('the newest of each subject is kept; legs are merged by key', () => {
  const kept = new KeptPatches();
  kept.keep(legs(leg('a', 1), leg('b', 1)));
  kept.keep(legs(leg('a', 9)));
  kept.keep(health('s', 1, false));
  kept.keep(health('s', 1, true));
  kept.keep(health('s', 2, false));
  assert.deepEqual(kept.all(), [legs(leg('a', 9), leg('b', 1)), health('s', 1, true), health('s', 2, false)]);
});

test('closing a peer is an event and is not kept', () => {
  const kept = new KeptPatches();
  kept.keep({ kind: 'closePeer', uri: 'spiffe://x' });
  assert.deepEqual(kept.all(), []);
});

test('a new model says all by itself, save the health of endpoints it still has', () => {
  const kept = new KeptPatches();
  kept.keep(legs(leg('a', 1)));
  kept.keep(health('s', 1, false));
  kept.keep(health('s', 2, false));
  kept.keep(health('gone', 1, false));
  kept.modelApplied(modelOf({ services: [loadBalancer('s', [endpointModel(1, { host: 'h' })])] }));
  assert.deepEqual(kept.all(), [health('s', 1, false)]);
});
