import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { childId } from '@ficus/pki/identity.ts';
import { transportTo } from '../aggregation/mesh-model.ts';
import {
  advertisement,
  eventually,
  fakeChild,
  type TestMesh,
  testMesh,
  testPlane,
} from '../testing/fake-child.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { parseChildAddress } from './address.ts';
import { AddressBook } from './address-book.ts';
import { Child, type ChildOptions } from './child.ts';

let directory: string;
let mesh: TestMesh;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ficus-child-'));
  mesh = await testMesh(join(directory, 'ca'));
});
const plane = testPlane();
after(async () => {
  await plane.close();
  await rm(directory, { recursive: true });
});

function observed(port: number, options: Partial<ChildOptions> = {}) {
  const state = { changes: 0, health: [] as boolean[] };
  const child = new Child({
    clock: systemClock,
    log: () => {},
    name: 'vm-1',
    address: { host: '127.0.0.1', port },
    peerUri: childId(mesh.trustDomain, 'vm-1'),
    grants: () => ['*'],
    identity: () => mesh.identity,
    transport: () =>
      transportTo(
        { name: 'vm-1', peerUri: childId(mesh.trustDomain, 'vm-1'), transport: undefined },
        mesh.identity,
      ),
    ask: plane.ask,
    isRevoked: () => false,
    onChange: () => {
      state.changes += 1;
    },
    onHealth: (_, up) => state.health.push(up),
    ...options,
  });
  return Object.assign(state, {
    child,
    names: () => child.advertisement?.uplinks.map(({ name }) => name),
    codes: () => child.status().problems.map(({ code }) => code),
    [Symbol.dispose]: () => child.close(),
  });
}
const say = (child: { say(line: string): void }, ...args: Parameters<typeof advertisement>) =>
  child.say(JSON.stringify(advertisement(...args)));

test('bad documents are refused and shown, the last good one is held', async () => {
  await using vm = await fakeChild(mesh);
  say(vm, { orders: 1 }, { revision: 5 });
  using run = observed(vm.port, { grants: () => ['orders', 'bill*'] });
  await eventually(() => run.child.status().state === 'connected');
  for (const [line, code] of [
    ['{"half', 'advertisement.malformed'],
    [JSON.stringify(advertisement({ x: 1 }, { child: 'vm-2', revision: 6 })), 'advertisement.other-child'],
    [JSON.stringify(advertisement({ x: 1 }, { revision: 4 })), 'advertisement.older'],
    [JSON.stringify(advertisement({ x: 1 }, { protocols: [9] })), 'advertisement.version'],
  ] as const) {
    vm.say(line);
    await eventually(() => run.codes().includes(code));
    assert.deepEqual(run.names(), ['orders']);
  }
  say(vm, { orders: 1, billing: 2, payments: 3 }, { revision: 7 });
  await eventually(() => run.names()?.length === 2);
  assert.deepEqual(run.codes(), ['advertisement.not-granted']);
  say(vm, {}, { revision: 8 });
  await eventually(() => run.codes().includes('advertisement.empties-all'));
  assert.equal(run.names()?.length, 2);
  say(vm, {}, { revision: 9, draining: true });
  await eventually(() => run.child.advertisement?.draining === true);
});

test('control silence holds what is known and shows its age', async () => {
  const vm = await fakeChild(mesh);
  say(vm, { orders: 1 });
  using run = observed(vm.port);
  await eventually(() => run.child.status().state === 'connected');
  await vm.kill();
  await eventually(() => run.child.status().state === 'stale' && run.health.at(-1) === false);
  assert.deepEqual(run.names(), ['orders']);
  assert.equal(typeof run.child.status().advertisementAgeSeconds, 'number');
});

test('a certificate that was revoked is not believed, and takes the leg down', async () => {
  await using vm = await fakeChild(mesh);
  say(vm, { orders: 1 });
  const revoked = new Set<string>();
  using run = observed(vm.port, { isRevoked: (serial) => revoked.has(serial) });
  await eventually(() => run.names()?.length === 1);
  revoked.add(vm.serial);
  run.child.redial();
  await eventually(() => run.codes().includes('identity.revoked') && run.health.at(-1) === false);
});

test('a child that moved is found by its name', async () => {
  await using vm = await fakeChild(mesh);
  say(vm, { orders: 1 });
  let addresses = ['127.0.0.9'];
  using run = observed(vm.port, {
    address: { host: 'vm-1.test', port: vm.port },
    resolve: () => Promise.resolve(addresses),
  });
  await eventually(() => run.child.addresses[0] === '127.0.0.9');
  addresses = ['127.0.0.1'];
  await eventually(() => run.child.status().state === 'connected');
  assert.deepEqual(run.child.addresses, ['127.0.0.1']);
});

test('a resolver that fails moves nothing; every half minute it is asked again', async () => {
  const clock = new ManualClock();
  const answers: (readonly string[] | Error)[] = [
    ['10.0.0.2', '10.0.0.1'],
    new Error('SERVFAIL'),
    [],
    ['10.0.0.3'],
  ];
  const failures: string[] = [];
  let changes = 0;
  const book = new AddressBook({
    clock,
    host: 'vm-1.test',
    initial: ['10.9.9.9'],
    onChange: () => {
      changes += 1;
    },
    onFailure: ({ message }) => failures.push(message),
    resolve: () => {
      const answer = answers.shift() ?? [];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  assert.deepEqual(book.addresses, ['10.9.9.9']);
  const seen: string[] = [];
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(book.addresses.join());
    clock.advance(30_000);
  }
  assert.deepEqual(seen, ['10.0.0.1,10.0.0.2', '10.0.0.1,10.0.0.2', '10.0.0.1,10.0.0.2', '10.0.0.3']);
  assert.deepEqual([changes, failures], [2, ['SERVFAIL']]);
  book.close();
});

for (const [text, expected] of [
  ['vm-1:9443', ['vm-1', 9443]],
  ['vm-1', ['vm-1', 9443]],
  ['https://vm-1.example.com', ['vm-1.example.com', 9443]],
  ['[::1]:444', ['::1', 444]],
  ['10.0.0.1:443', ['10.0.0.1', 443]],
  ['vm-1/path', undefined],
  ['user@vm-1:1', undefined],
  ['', undefined],
] as const) {
  test(`address ${JSON.stringify(text)}`, () => {
    if (expected === undefined) assert.throws(() => parseChildAddress(text), { code: 'child.address' });
    else assert.deepEqual(parseChildAddress(text), { host: expected[0], port: expected[1] });
  });
}
