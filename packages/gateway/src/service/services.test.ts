import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadBalancerModel } from '../model/model.ts';
import { Deadlines } from '../net/deadlines.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer, passiveHealthCheck, transport } from '../testing/models.ts';
import { newPick, pickedPort } from '../testing/picks.ts';
import { Endpoint } from './endpoint.ts';
import { LoadBalancer } from './load-balancer.ts';
import { Registry } from './registry.ts';
import { RetryBudget } from './retry-budget.ts';
import type { Service } from './service.ts';
import { Leg, Weighted } from './weighted.ts';

function bench() {
  const clock = new ManualClock();
  const registry = new Registry(new Deadlines(clock));
  registry.begin();
  const way = registry.transport(transport());
  const reports: string[] = [];
  const balancer = (name: string, ports: readonly number[], more: Partial<LoadBalancerModel> = {}) => {
    const model = loadBalancer(
      name,
      ports.map((port) => endpointModel(port)),
      more,
    );
    const endpoints = model.endpoints.map(
      (endpoint) =>
        new Endpoint(model.name, endpoint, registry.pool(way, endpoint), (_, code) => reports.push(code)),
    );
    const made = new LoadBalancer(model, endpoints, undefined);
    made.attach();
    return made;
  };
  return { clock, registry, way, balancer, reports };
}

const pick = (tried?: Endpoint[]) => newPick(undefined, tried);
const ports = (service: Service, count: number) => Array.from({ length: count }, () => pickedPort(service));

test('an endpoint that cannot be dialled is left alone for a second', () => {
  const { clock, balancer, reports } = bench();
  const service = balancer('s', [1, 2]);
  service.endpoints[0]?.failed('endpoint.dial', '');
  assert.deepEqual(reports, ['endpoint.dial']);
  assert.deepEqual(ports(service, 3), [2, 2, 2]);
  clock.advance(1500);
  assert.deepEqual(new Set(ports(service, 2)), new Set([1, 2]));
});

test('a failure that is not of the dial does not eject by itself', () => {
  const { balancer } = bench();
  const service = balancer('s', [1, 2]);
  service.endpoints[0]?.failed('endpoint.closed', '');
  assert.equal(service.endpoints[0]?.available, true);
});

test('passive health: as many failures in the window as configured, forgotten after a success', () => {
  const { clock, balancer } = bench();
  const service = balancer('s', [1, 2], {
    passiveHealthCheck: passiveHealthCheck({ maxFailedAttempts: 3 }),
  });
  const [one] = service.endpoints;
  assert.ok(one !== undefined);
  one.answered(500);
  one.failed('endpoint.closed', '');
  one.answered(200);
  one.answered(503);
  one.answered(503);
  assert.equal(one.available, true);
  one.answered(503);
  assert.equal(one.available, false);
  clock.advance(10_500);
  assert.equal(one.available, true);
  one.answered(500);
  clock.advance(11_000);
  one.answered(500);
  one.answered(500);
  assert.equal(one.available, true, 'the first one is out of the window');
});

test('an active verdict: down takes nothing, up ends an ejection too', () => {
  const { balancer } = bench();
  const service = balancer('s', [1]);
  const [one] = service.endpoints;
  one?.setUp(false);
  assert.equal(service.available, false);
  assert.equal(service.pick(pick()), undefined);
  one?.failed('endpoint.dial', '');
  one?.setUp(true);
  assert.equal(service.available, true);
});

test('all ejected, none known to be down: one of them is asked anyway', () => {
  const { balancer } = bench();
  const service = balancer('s', [1, 2]);
  for (const endpoint of service.endpoints) endpoint.failed('endpoint.dial', '');
  assert.equal(service.available, false);
  assert.ok(service.pick(pick()) !== undefined);
});

test('what was tried is not picked again', () => {
  const { balancer } = bench();
  const service = balancer('s', [1, 2, 3]);
  const tried: Endpoint[] = [];
  for (let i = 0; i < 3; i++) tried.push(service.pick(pick(tried)) as Endpoint);
  assert.equal(new Set(tried).size, 3);
  assert.equal(service.pick(pick(tried)), undefined);
});

function weighted(legs: readonly (readonly [LoadBalancer, number, Leg['mode']])[]) {
  return new Weighted(
    { kind: 'weighted', name: ['w', 'file'], legs: [] },
    legs.map(
      ([service, weight, mode]) => new Leg({ key: service.name[0], service: 0, weight, mode }, service),
    ),
    undefined,
  );
}

test('weighted: modes, weight 0, and the leg a pick went through', () => {
  const { balancer } = bench();
  const service = weighted([
    [balancer('a', [1]), 2, 'active'],
    [balancer('b', [2]), 0, 'active'],
    [balancer('c', [3]), 5, 'draining'],
    [balancer('d', [4]), 5, 'off'],
    [balancer('e', [5]), 0, 'standby'],
  ]);
  assert.deepEqual(ports(service, 3), [1, 1, 1]);
  const through = pick();
  service.pick(through);
  assert.equal(through.leg?.key, 'a');
  (service.pick(pick()) as Endpoint).setUp(false);
  assert.deepEqual(ports(service, 2), [5, 5], 'standby with weight 0 still stands by');
});

test('weighted: a tried endpoint’s leg is passed over, then standby, then nothing', () => {
  const { balancer } = bench();
  const service = weighted([
    [balancer('a', [1]), 1, 'active'],
    [balancer('b', [2]), 1, 'active'],
    [balancer('c', [3]), 1, 'standby'],
  ]);
  const tried: Endpoint[] = [];
  const order = Array.from({ length: 3 }, () => {
    const endpoint = service.pick(pick(tried.length === 0 ? undefined : tried)) as Endpoint;
    tried.push(endpoint);
    return endpoint.model.port;
  });
  assert.equal(order[2], 3);
  assert.equal(service.pick(pick(tried)), undefined);
});

test('weighted: availability follows the legs and is told', () => {
  const { balancer } = bench();
  const only = balancer('a', [1]);
  const service = weighted([[only, 1, 'active']]);
  let told = 0;
  service.onAvailability(() => {
    told++;
  });
  only.endpoints[0]?.setUp(false);
  assert.deepEqual([service.available, told], [false, 1]);
  only.endpoints[0]?.setUp(true);
  assert.deepEqual([service.available, told], [true, 2]);
});

test('the registry keeps transports and pools that mean the same', () => {
  const { registry, way } = bench();
  const address = endpointModel(1);
  const pool = registry.pool(way, address);
  registry.commit([transport()]);
  registry.begin();
  const renewed = transport({ roots: [] });
  assert.equal(registry.transport(renewed), way);
  assert.equal(registry.pool(way, endpointModel(1, { weight: 9 })), pool);
  assert.notEqual(registry.pool(way, endpointModel(2)), pool);
  registry.commit([renewed]);
  registry.begin();
  const other = registry.transport(transport({ serverName: 'x' }));
  assert.notEqual(other, way);
  assert.notEqual(registry.pool(other, address), pool);
});

test('the retry budget is a burst and then a fifth of the requests', () => {
  const budget = new RetryBudget();
  let burst = 0;
  while (budget.withdraw()) burst++;
  assert.ok(burst > 0 && burst <= 1000);
  for (let i = 0; i < 100; i++) budget.deposit();
  let fifth = 0;
  while (budget.withdraw()) fifth++;
  assert.ok(fifth >= 19 && fifth <= 20, `${fifth}`);
});
