import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import { providerProblems, providerTable } from './providers.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const child: ChildStatus = {
  name: 'vm-1',
  address: '10.0.0.7:9443',
  workloads: ['*'],
  state: 'connected',
  problems: [],
  providers: [
    {
      name: 'nutanixPrismCentral',
      endpoint: 'https://pc:9440',
      state: 'failing',
      lastGoodAt: '2026-11-21T11:57:00Z',
      error: {
        code: 'prism.unauthorized',
        message: 'the key was refused',
        remedy: 'make a new key',
        since: '2026-11-21T11:58:00Z',
      },
      services: 2,
      machines: 5,
      seen: 8,
      conditions: [
        { code: 'prism.no-address', subject: 'web-1\u001b[2J', message: 'want an address, found none' },
      ],
    },
  ],
};

test('a provider that fails says since when, what still holds and what to do', () => {
  assert.equal(
    providerTable([child], now),
    'CHILD  PROVIDER             ASKS             STATE                           SERVICES  MACHINES  SEEN\n' +
      'vm-1   nutanixPrismCentral  https://pc:9440  failing, last answer 3 min ago  2         5         8\n',
  );
  assert.deepEqual(providerProblems([child], now), [
    'problem: vm-1: nutanixPrismCentral: prism.unauthorized: the key was refused (since 2 min ago); make a new key\n',
    'problem: vm-1: nutanixPrismCentral: prism.no-address: web-1?[2J: want an address, found none\n',
  ]);
});

test('children without providers take no room', () => {
  const { providers: _, ...plain } = child;
  assert.equal(providerTable([plain], now), '');
  assert.deepEqual(providerProblems([plain], now), []);
});
