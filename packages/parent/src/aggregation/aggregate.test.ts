import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LegOverride } from '../store/store.ts';
import { aggregate, type ChildView } from './aggregate.ts';
import { legPatch, meshModel, traefikAliases } from './mesh-model.ts';
import { uplinkTerms } from './uplink-terms.ts';

const identity = { certificate: { cert: 'cert', key: 'key' }, roots: ['root'] };
const child = (
  name: string,
  weights: Readonly<Record<string, number>>,
  options: { draining?: boolean; addresses?: readonly string[] } = {},
): ChildView => ({
  name,
  peerUri: `spiffe://ficus.internal/child/${name}`,
  addresses: options.addresses ?? ['127.0.0.1'],
  port: 9443,
  advertisement: {
    protocols: [1],
    child: name,
    version: '1',
    revision: 1,
    epoch: 'e',
    draining: options.draining ?? false,
    uplinks: Object.entries(weights).map(([uplink, weight]) => ({
      name: uplink,
      weight,
      protocol: 'http',
      endpoints: { healthy: 1, total: 1 },
    })),
  },
});
const none = () => [];
const legsOf = (children: readonly ChildView[], overrides: readonly LegOverride[] = []) =>
  aggregate(children, () => overrides)[0]?.legs.map(({ child, weight, weightFrom, mode }) => [
    child.name,
    weight,
    weightFrom,
    mode,
  ]);

test('the same name from two children is one service with two legs', () => {
  const uplinks = aggregate(
    [child('vm-1', { orders: 9, billing: 1 }), child('cluster-1', { orders: 1 })],
    none,
  );
  assert.deepEqual(
    uplinks.map(({ name, legs }) => [name, legs.map((leg) => [leg.child.name, leg.weight])]),
    [
      ['billing', [['vm-1', 1]]],
      [
        'orders',
        [
          ['cluster-1', 1],
          ['vm-1', 9],
        ],
      ],
    ],
  );
});

for (const [what, override, draining, expected] of [
  ['the hint counts until the operator decides', {}, false, [7, 'child', 'active']],
  ["the operator's weight wins, zero too", { weight: 0 }, false, [0, 'operator', 'active']],
  ["the operator's mode counts", { mode: 'standby' }, false, [7, 'child', 'standby']],
  ['a leaving child drains', {}, true, [7, 'child', 'draining']],
  ['a leaving standby drains', { mode: 'standby' }, true, [7, 'child', 'draining']],
  ['off stays off', { mode: 'off' }, true, [7, 'child', 'off']],
] as const) {
  test(what, () => {
    const legs = legsOf([child('vm-1', { orders: 7 }, { draining })], [{ child: 'vm-1', ...override }]);
    assert.deepEqual(legs, [['vm-1', ...expected]]);
  });
}

test('once the operator gave one leg a weight, a leg without waits, whatever it hints', () => {
  const children = [
    child('vm-1', { orders: 5 }),
    child('cluster-1', { orders: 5 }),
    child('cluster-2', { orders: 1000 }),
  ];
  const overrides = [
    { child: 'vm-1', weight: 90 },
    { child: 'cluster-1', weight: 10 },
  ];
  assert.deepEqual(legsOf(children, overrides), [
    ['cluster-1', 10, 'operator', 'active'],
    ['cluster-2', 0, 'child', 'active'],
    ['vm-1', 90, 'operator', 'active'],
  ]);
  const waiting = aggregate(children, () => overrides)[0]?.legs.filter(({ waits }) => waits);
  assert.deepEqual(
    waiting?.map((leg) => leg.child.name),
    ['cluster-2'],
  );
  // A weight of zero is a decision, a mode is none, and each uplink counts for itself.
  assert.deepEqual(legsOf(children.slice(1), [{ child: 'cluster-1', weight: 0 }])?.[1]?.[1], 0);
  assert.deepEqual(legsOf(children.slice(1), [{ child: 'cluster-1', mode: 'standby' }])?.[1]?.[1], 1000);
  // With the leg that had one gone, the hints of those that are left count again.
  assert.deepEqual(legsOf(children.slice(2), overrides), [['cluster-2', 1000, 'child', 'active']]);
});

test('sessions of a leg that drains end when the operator says, in the model and in patches', () => {
  const until = Date.parse('2026-01-01T00:30:00Z');
  const overrides = [{ child: 'vm-1', mode: 'draining', sessionsUntil: until }] as const;
  const uplinks = aggregate([child('vm-1', { orders: 7 }), child('vm-2', { orders: 1 })], () => overrides);
  const drained = { key: 'vm-1', weight: 7, mode: 'draining', sessionsUntil: until };
  const active = { key: 'vm-2', weight: 1, mode: 'active' };
  assert.deepEqual(legPatch(uplinks[0] as (typeof uplinks)[0]), [drained, active]);
  const weighted = meshModel(uplinks, identity).services[2];
  assert.ok(weighted?.kind === 'weighted');
  assert.deepEqual(weighted.legs, [
    { ...drained, service: 0 },
    { ...active, service: 1 },
  ]);
  const leaving = aggregate([child('vm-1', { orders: 7 }, { draining: true })], () => []);
  assert.equal(leaving[0]?.legs[0]?.sessionsUntil, undefined, 'a child that leaves has no deadline of ours');
});

test('only the uplinks that are configured so are sticky or have breakers', () => {
  const uplinks = aggregate([child('vm-1', { orders: 7, billing: 1 })], none);
  const terms = uplinkTerms({
    orders: { sticky: { cookie: { name: 'o', httpOnly: true } } },
    billing: { sticky: { cookie: {} }, circuitBreaker: { expression: 'NetworkErrorRatio() > 0.5' } },
    other: {},
  });
  const [, billing, , orders] = meshModel(uplinks, identity, terms).services;
  assert.ok(billing?.kind === 'weighted' && orders?.kind === 'weighted');
  assert.deepEqual(orders.sticky, { cookie: 'o', attributes: '; Path=/; HttpOnly' });
  assert.match(billing.sticky?.cookie ?? '', /^_[0-9a-f]{5}$/);
  assert.equal(billing.circuitBreaker?.fallbackMs, 10_000);
  assert.equal(orders.circuitBreaker, undefined);
  assert.deepEqual([terms('other'), terms('constructor')], [{}, {}]);
  assert.ok(meshModel(uplinks, identity).services.every((service) => !('sticky' in service)));
});

test('a decision about a child that advertises nothing makes no leg', () => {
  assert.deepEqual(legsOf([child('vm-1', { orders: 1 })], [{ child: 'gone', weight: 5 }]), [
    ['vm-1', 1, 'child', 'active'],
  ]);
});

test('the model: a balancer a leg, a weighted service a name, a transport a child', () => {
  const uplinks = aggregate(
    [
      child('vm-1', { orders: 9, billing: 1 }, { addresses: ['10.0.0.1', '10.0.0.2'] }),
      child('cluster-1', { orders: 1 }),
    ],
    none,
  );
  const { services, transports } = meshModel(uplinks, identity);
  assert.deepEqual(
    services.map(({ name }) => name.join('@')),
    [
      'billing/vm-1@multicluster',
      'billing@multicluster',
      'orders/cluster-1@multicluster',
      'orders/vm-1@multicluster',
      'orders@multicluster',
    ],
  );
  const weighted = services[4];
  assert.ok(weighted?.kind === 'weighted');
  assert.deepEqual(weighted.legs, [
    { key: 'cluster-1', service: 2, weight: 1, mode: 'active' },
    { key: 'vm-1', service: 3, weight: 9, mode: 'active' },
  ]);
  const leg = services[3];
  assert.ok(leg?.kind === 'loadBalancer');
  assert.deepEqual(leg.requestHeaders, [['ficus-uplink', 'orders']]);
  assert.equal(leg.uplink, true);
  assert.deepEqual(
    leg.endpoints.map(({ scheme, host, port }) => `${scheme}://${host}:${port}`),
    ['https://10.0.0.1:9443', 'https://10.0.0.2:9443'],
  );
  const transport = transports[leg.transport];
  assert.equal(transport?.peerUri, 'spiffe://ficus.internal/child/vm-1');
  assert.equal(transport.minVersion, 'TLSv1.3');
  assert.deepEqual(transport.roots, ['root']);
  assert.equal(transports.length, 2);
});

test("uplinks are pinged after 5 s of silence, unless the child's transport says otherwise", () => {
  const told = { readIdleTimeoutMs: 0, pingTimeoutMs: 700, disableHTTP2: true };
  const children = [child('vm-1', { orders: 1 }), { ...child('vm-2', { orders: 1 }), transport: told }];
  const { transports } = meshModel(aggregate(children, none), identity);
  assert.deepEqual(
    transports.map(({ readIdleTimeoutMs, pingTimeoutMs, disableHTTP2 }) => ({
      readIdleTimeoutMs,
      pingTimeoutMs,
      disableHTTP2,
    })),
    [{ readIdleTimeoutMs: 5000, pingTimeoutMs: 5000, disableHTTP2: false }, told],
  );
});

test('an advertised check keeps its mode; without one it is an HTTP request', () => {
  const check = {
    path: '/health',
    method: 'GET',
    status: 0,
    intervalMs: 1000,
    unhealthyIntervalMs: 1000,
    timeoutMs: 100,
  };
  for (const [advertised, expected] of [
    [{ ...check, mode: 'grpc' }, 'grpc'],
    [check, 'http'],
  ] as const) {
    const one = child('vm-1', { orders: 1 });
    const uplinks = one.advertisement.uplinks.map((uplink) => ({ ...uplink, healthCheck: advertised }));
    const view = { ...one, advertisement: { ...one.advertisement, uplinks } };
    const [leg] = meshModel(aggregate([view], none), identity).services;
    assert.ok(leg?.kind === 'loadBalancer');
    assert.equal(leg.healthCheck?.mode, expected);
  }
});

test('what an advertised check does not say is as in a file that does not say it', () => {
  const check = { path: '/', method: 'GET', status: 0, intervalMs: 1, unhealthyIntervalMs: 1, timeoutMs: 1 };
  const passive = { failureWindowMs: 7000, maxFailedAttempts: 3 };
  const said = { healthyThreshold: 2, unhealthyThreshold: 3, initialState: 'down' } as const;
  for (const [healthCheck, passiveHealthCheck, active, readmissionMs] of [
    [check, passive, { healthyThreshold: 1, unhealthyThreshold: 1, initialState: 'up' }, 7000],
    [{ ...check, ...said }, { ...passive, readmissionMs: 0 }, said, 0],
  ] as const) {
    const one = child('vm-1', { orders: 1 });
    const uplinks = one.advertisement.uplinks.map((each) => ({ ...each, healthCheck, passiveHealthCheck }));
    const view = { ...one, advertisement: { ...one.advertisement, uplinks } };
    const [leg] = meshModel(aggregate([view], none), identity).services;
    assert.ok(leg?.kind === 'loadBalancer' && leg.healthCheck !== undefined);
    const { healthyThreshold, unhealthyThreshold, initialState } = leg.healthCheck;
    assert.deepEqual({ healthyThreshold, unhealthyThreshold, initialState }, active);
    assert.deepEqual(leg.passiveHealthCheck, { ...passive, readmissionMs, maxEjectedPercent: 50 });
  }
});

test("Traefik's names are taken only where one leg is meant", () => {
  const uplinks = aggregate(
    [child('b', { a: 1, 'a-x': 1, lone: 1 }), child('x-b', { a: 1 }), child('c', { a: 1, 'a-c': 1 })],
    none,
  );
  const aliases = traefikAliases(uplinks);
  assert.equal(aliases.get('lone-b'), 'lone/b');
  assert.equal(aliases.get('a-x-b'), undefined, 'a of x-b, or a-x of b');
  assert.equal(aliases.get('a-c'), undefined, 'an aggregated service has this name');
  assert.equal(aliases.get('a-c-c'), 'a-c/c');
});

test('whatever is advertised, every index points into the fragment and no two services share a name', () => {
  const names = fc.constantFrom('a', 'a-b', 'b', 'a.b', 'c');
  const arbitrary = fc.uniqueArray(
    fc.tuple(fc.constantFrom('b', 'a-b', 'c', 'x'), fc.dictionary(names, fc.nat(1000))),
    {
      selector: ([name]) => name,
    },
  );
  fc.assert(
    fc.property(arbitrary, (children) => {
      const uplinks = aggregate(
        children.map(([name, weights]) => child(name, weights)),
        none,
      );
      const { services, transports } = meshModel(uplinks, identity);
      assert.equal(new Set(services.map(({ name }) => name[0])).size, services.length);
      for (const service of services) {
        if (service.kind === 'loadBalancer') assert.ok(transports[service.transport] !== undefined);
        if (service.kind !== 'weighted') continue;
        for (const leg of service.legs) {
          assert.deepEqual(services[leg.service]?.name, [`${service.name[0]}/${leg.key}`, 'multicluster']);
        }
      }
    }),
  );
});
