import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthCheckModel, LoadBalancerModel, Model, QName } from '@ficus/gateway/model/model.ts';
import type { Patch } from '@ficus/gateway/runtime/data-plane.ts';
import { HealthBoard } from './health-board.ts';

const check = { path: '/health' } as HealthCheckModel;
function balancer(name: QName, hosts: readonly string[], healthCheck?: HealthCheckModel): LoadBalancerModel {
  return {
    kind: 'loadBalancer',
    name,
    endpoints: hosts.map((host) => ({
      scheme: 'https',
      host,
      port: 9443,
      path: '',
      preservePath: false,
      weight: 1,
    })),
    passHostHeader: true,
    transport: 0,
    requestHeaders: [],
    uplink: name[1] === 'multicluster',
    ...(healthCheck && { healthCheck }),
  };
}
const orders: QName = ['orders/vm-1', 'multicluster'];
const billing: QName = ['billing/vm-1', 'multicluster'];
const local: QName = ['local', 'file'];
function boardOf(...services: LoadBalancerModel[]) {
  const sent: string[] = [];
  const board = new HealthBoard((patch: Extract<Patch, { kind: 'health' }>) =>
    sent.push(`${patch.service[0]} ${patch.endpoint.host} ${patch.up ? 'up' : 'down'}`),
  );
  const update = (...next: LoadBalancerModel[]) => board.update({ services: next } as unknown as Model);
  update(...services);
  return { board, sent, update };
}

test('a child that does not answer takes all its legs, and only uplinks', () => {
  const { board, sent } = boardOf(balancer(orders, ['a']), balancer(billing, ['a']), balancer(local, ['a']));
  board.child('a', 9443, false, 'refused');
  assert.deepEqual(sent, ['orders/vm-1 a down', 'billing/vm-1 a down']);
  board.child('a', 9443, false, 'refused');
  board.child('a', 1, false, 'another port');
  assert.equal(sent.length, 2, 'nothing is said twice');
  assert.deepEqual(board.healthOf(balancer(orders, ['a'])), { health: 'down', reason: 'refused' });
  board.child('a', 9443, true, 'back');
  assert.deepEqual(sent.slice(2), ['orders/vm-1 a up', 'billing/vm-1 a up']);
  assert.deepEqual(board.healthOf(balancer(orders, ['a'])), { health: 'up' });
});

test('up only while neither the child nor the check says down', () => {
  const { board, sent } = boardOf(balancer(orders, ['a'], check));
  board.check(orders, 'a', 9443, false, 'status 500');
  board.child('a', 9443, false, 'refused');
  board.check(orders, 'a', 9443, true, 'ok');
  assert.deepEqual(sent, ['orders/vm-1 a down']);
  board.child('a', 9443, true, 'back');
  assert.deepEqual(sent, ['orders/vm-1 a down', 'orders/vm-1 a up']);
});

test('one address of two down leaves the leg up', () => {
  const { board } = boardOf(balancer(orders, ['a', 'b']));
  board.child('a', 9443, false, 'refused');
  assert.equal(board.healthOf(balancer(orders, ['a', 'b'])).health, 'up');
});

test('what is down stays down in the next generation, a new service of a dead child too', () => {
  const { board, update } = boardOf(balancer(orders, ['a'], check));
  board.check(orders, 'a', 9443, false, 'status 500');
  board.child('a', 9443, false, 'refused');
  update(balancer(orders, ['a'], check), balancer(billing, ['a']));
  assert.deepEqual(
    board.downs().map(({ service }) => service[0]),
    ['orders/vm-1', 'billing/vm-1'],
  );
  board.child('a', 9443, true, 'back');
  update(balancer(orders, ['a']), balancer(billing, ['a']));
  assert.deepEqual(board.downs(), [], 'a check that is gone has no say any more');
});

test('a name with odd characters meets no other', () => {
  const { board, sent } = boardOf(balancer(['a","b', 'file'], ['x']), balancer(['a', 'b'], ['x']));
  board.check(['a', 'b'], 'x', 9443, false, 'no');
  assert.deepEqual(sent, ['a x down']);
});

test('an endpoint that must prove itself first is down until it does, and only when it is new', () => {
  const proving = { ...check, initialState: 'down' } as HealthCheckModel;
  const { board, sent, update } = boardOf(balancer(local, ['a'], proving), balancer(orders, ['a']));
  const health = () => board.healthOf(balancer(local, ['a']));
  assert.deepEqual(health(), { health: 'down', reason: 'not checked yet' });
  assert.deepEqual(sent, [], 'the data plane assumes the same');
  board.check(local, 'a', 9443, true, 'status 200');
  assert.deepEqual([sent, health().health], [['local a up'], 'up']);
  update(balancer(local, ['a'], proving), balancer(orders, ['a', 'b'], proving));
  assert.equal(health().health, 'up');
  assert.deepEqual(
    sent.slice(1),
    ['orders/vm-1 a up'],
    'for workers that start later, which would assume less',
  );
  assert.deepEqual(board.healthOf(balancer(orders, ['a'])).health, 'up', 'it was there before the check was');
  assert.deepEqual(board.healthOf(balancer(orders, ['b'])).health, 'down');
});
