import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model, QName } from '@ficus/gateway/model/model.ts';
import { endpointModel, loadBalancer } from '@ficus/gateway/testing/models.ts';
import { aggregate } from '../aggregation/aggregate.ts';
import { meshModel } from '../aggregation/mesh-model.ts';
import { advertisement } from '../testing/fake-child.ts';
import { HealthBoard } from './health-board.ts';
import { statesOf, withLegs } from './running.ts';

const identity = { certificate: { cert: '', key: '' }, roots: ['root'] };
const child = {
  name: 'vm-1',
  peerUri: 'spiffe://test.internal/child/vm-1',
  addresses: ['127.0.0.1'],
  port: 9443,
  advertisement: advertisement({ orders: 5 }),
};

test('an endpoint is down when a check or the requests say so, with the reason', () => {
  const endpoints = [1, 2, 3, 4, 5].map((port) => endpointModel(port));
  const service = loadBalancer('s', endpoints, {
    healthCheck: {
      mode: 'http',
      path: '/',
      method: 'GET',
      status: 0,
      headers: [],
      intervalMs: 1,
      unhealthyIntervalMs: 1,
      timeoutMs: 1,
      followRedirects: false,
    } as never,
  });
  const board = new HealthBoard(() => {});
  board.update({ services: [service] } as unknown as Model);
  board.check(service.name, '127.0.0.1', 1, false, 'GET / answered 500');
  for (const port of [2, 3, 4, 5]) board.check(service.name, '127.0.0.1', port, true, '');
  const seen = (port: number, state: 'down' | 'ejected' | 'readmitting') => ({
    service: service.name as QName,
    host: '127.0.0.1',
    port,
    state,
  });
  const stateOf = statesOf(board, {
    endpoints: [seen(2, 'ejected'), seen(3, 'readmitting'), seen(4, 'down')],
  });
  assert.deepEqual(
    endpoints.map((endpoint) => stateOf(service.name, endpoint)),
    [
      { health: 'down', reason: 'GET / answered 500' },
      { health: 'ejected', reason: 'requests to it have failed' },
      { health: 'up', reason: 'back from an ejection with a part of its share' },
      { health: 'down', reason: 'it does not answer' },
      { health: 'up' },
    ],
  );
  assert.deepEqual(stateOf(['other', 'file'], endpoints[1]!), { health: 'unknown' });
});

test('weights and modes are those of this moment, of aggregated services only', () => {
  const model = meshModel(
    aggregate([child], () => []),
    identity,
  ) as unknown as Model;
  const now = aggregate([child], () => [{ child: 'vm-1', weight: 90, mode: 'draining' }]);
  const [balancer, weighted] = withLegs(model, now).services;
  assert.equal(balancer, model.services[0]);
  assert.ok(weighted?.kind === 'weighted');
  assert.deepEqual(weighted.legs, [{ key: 'vm-1', service: 0, weight: 90, mode: 'draining' }]);
  assert.deepEqual(withLegs(model, []).services, model.services);
});
