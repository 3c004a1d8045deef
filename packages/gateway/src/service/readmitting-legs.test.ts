/** The way back of an endpoint as requests see it: its share within a load balancer, and that of a leg which is all it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines } from '../net/deadlines.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer, passiveHealthCheck, transport } from '../testing/models.ts';
import { pickedPort } from '../testing/picks.ts';
import { Endpoint } from './endpoint.ts';
import { LoadBalancer } from './load-balancer.ts';
import { Registry } from './registry.ts';
import type { Service } from './service.ts';
import { Leg, Weighted } from './weighted.ts';

/** Load balancers of these ports each, with passive checks of ten seconds. */
function bench(groups: readonly (readonly number[])[]) {
  const clock = new ManualClock();
  const registry = new Registry(new Deadlines(clock));
  registry.begin();
  const way = registry.transport(transport());
  const balancers = groups.map((ports, i) => {
    const models = ports.map((port) => endpointModel(port));
    const model = loadBalancer(`s${i}`, models, { passiveHealthCheck: passiveHealthCheck() });
    const endpoints = models.map(
      (each) => new Endpoint(model.name, each, registry.pool(way, each), () => undefined),
    );
    const made = new LoadBalancer(model, endpoints, undefined);
    made.attach();
    return made;
  });
  const legs = balancers.map(
    (service, i) => new Leg({ key: `${i}`, service: 0, weight: 1, mode: 'active' }, service),
  );
  const weighted = new Weighted({ kind: 'weighted', name: ['w', 'file'], legs: [] }, legs, undefined);
  /** The first endpoint has failed, and its ejection is over. */
  const failed = () => {
    balancers[0]!.endpoints[0]!.answered(500);
    clock.advance(10_000);
  };
  return { clock, balancers, weighted, failed };
}

/** How many of 1,000 picks each port gets. */
function shares(service: Service): Record<number, number> {
  const counts: Record<number, number> = {};
  for (let i = 0; i < 1000; i++) {
    const port = pickedPort(service) as number;
    counts[port] = (counts[port] ?? 0) + 1;
  }
  return counts;
}

/** `port` has about this share, and nothing is lost. */
function near(counts: Record<number, number>, port: number, share: number): void {
  assert.ok(Math.abs((counts[port] ?? 0) - share) <= 8, `${counts[port]} instead of ${share}`);
  assert.equal(
    Object.values(counts).reduce((sum, one) => sum + one, 0),
    1000,
  );
}

for (const [what, groups] of [
  ['within a load balancer', [[1, 2]]],
  ['as the only endpoint of a leg, as a child is', [[1], [2]]],
] as const) {
  test(`${what}: a tenth of its half at first, then more, then its half`, () => {
    const { clock, weighted, failed } = bench(groups);
    failed();
    near(shares(weighted), 1, 50);
    clock.advance(5000);
    near(shares(weighted), 1, 275);
    clock.advance(5000);
    near(shares(weighted), 1, 500);
  });
}

test('alone, it takes everything from the first request on', () => {
  const { balancers, failed } = bench([[1]]);
  failed();
  assert.deepEqual(shares(balancers[0]!), { 1: 1000 });
});

test('when all legs come back at once, none is left out and nothing is refused', () => {
  const { balancers, weighted, failed } = bench([[1], [2]]);
  balancers[1]!.endpoints[0]!.answered(500);
  failed();
  const counts = shares(weighted);
  assert.equal((counts[1] ?? 0) + (counts[2] ?? 0), 1000);
  assert.ok((counts[1] ?? 0) > 300 && (counts[2] ?? 0) > 300, JSON.stringify(counts));
});
