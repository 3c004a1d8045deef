import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDynamic } from '@ficus/gateway/config/dynamic.ts';
import fc from 'fast-check';
import { type Base, decodeBase, emptyBase } from './base-file.ts';
import { Conditions } from './conditions.ts';
import type { Fenced, Machine } from './machine.ts';
import { Services } from './services.ts';

const machine = (id: string, changes: Partial<Machine> = {}): Machine => ({
  ...{ id, name: `vm-${id}`, services: ['orders'], address: `10.0.0.${id}` },
  ...changes,
});

function baseOf(text: string): Base {
  const decoded = decodeBase(text, 'base.yaml');
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.value;
}

function build(
  machines: readonly Machine[],
  base: Base = emptyBase,
  fenced: readonly Fenced[] = [],
  port?: number,
) {
  const conditions = new Conditions();
  const services = new Services();
  const { http } = services.build({ machines, fenced, base, port }, conditions);
  const urls = (name: string) => http?.services?.[name]?.loadBalancer?.servers?.map(({ url }) => url);
  const codes = conditions.list().map(({ code, subject }) => `${code} ${subject}`);
  return { http, urls, codes, conditions: conditions.list(), served: services.served };
}

test('a service, a router and an uplink for each value, endpoints in an order of their own', () => {
  const { http, served } = build([
    machine('2'),
    machine('1'),
    machine('3', { services: ['billing', 'orders'] }),
  ]);
  assert.equal(served, 2);
  assert.deepEqual(http?.routers?.['orders'], {
    rule: 'PathPrefix(`/`)',
    service: 'orders',
    uplinks: ['orders'],
  });
  assert.deepEqual(http?.uplinks?.['billing'], { exposeName: 'billing' });
  assert.deepEqual(http?.services?.['orders'], {
    loadBalancer: {
      servers: [{ url: 'http://10.0.0.1:80' }, { url: 'http://10.0.0.2:80' }, { url: 'http://10.0.0.3:80' }],
    },
  });
});

test('the base file says port, scheme, strategy and health check; uplinks are told of the check', () => {
  const base = baseOf(`
http:
  services:
    orders:
      loadBalancer:
        server: {port: 8443, scheme: https, weight: 2}
        strategy: p2c
        healthCheck: {path: /health, interval: 5s}
      middlewares: [strip@file]
    billing: {loadBalancer: {healthCheck: {path: /h, port: 9000}}}
  uplinks: {orders: {weight: 3}}
`);
  const { http, codes } = build(
    [machine('1'), machine('2', { weight: 7, services: ['billing', 'orders'] })],
    base,
  );
  assert.deepEqual(http?.services?.['orders'], {
    loadBalancer: {
      strategy: 'p2c',
      healthCheck: { path: '/health', interval: 5000 },
      servers: [
        { url: 'https://10.0.0.1:8443', weight: 2 },
        { url: 'https://10.0.0.2:8443', weight: 7 },
      ],
    },
    middlewares: ['strip@file'],
  });
  assert.deepEqual(http?.uplinks?.['orders'], {
    exposeName: 'orders',
    healthCheck: { path: '/health', interval: 5000 },
    weight: 3,
  });
  assert.deepEqual(http?.uplinks?.['billing'], { exposeName: 'billing' }, 'another port is not the uplink’s');
  assert.deepEqual(codes, []);
});

test('the port that most VMs say counts for all, of equals the smallest, and it is told', () => {
  const ports = (...all: (number | undefined)[]) =>
    all.map((port, index) => machine(String(index + 1), port === undefined ? {} : { port }));
  const most = build(
    ports(9090, 8080, 9090),
    baseOf('http: {services: {orders: {loadBalancer: {server: {port: 1}}}}}'),
  );
  assert.deepEqual(most.urls('orders')?.[1], 'http://10.0.0.2:9090');
  assert.deepEqual(most.codes, ['prism.ports-differ orders']);
  assert.match(most.conditions[0]?.message ?? '', /9090 \(2 of 3 VMs\), 8080 \(1 of 3 VMs\); 9090 counts/);
  assert.deepEqual(build(ports(9090, 8080)).urls('orders')?.[0], 'http://10.0.0.1:8080');
  assert.deepEqual(build(ports(undefined, 8080)).urls('orders')?.[0], 'http://10.0.0.1:8080');
  assert.deepEqual(build(ports(undefined), emptyBase, [], 3000).urls('orders'), ['http://10.0.0.1:3000']);
});

test('without an endpoint a service is there and not advertised; one of the base file without VM is told', () => {
  const base = baseOf('http: {services: {shop: {loadBalancer: {}}}}');
  const { http, codes, served } = build([{ id: '1', name: 'vm', services: ['orders'] }], base);
  assert.deepEqual(http, {
    routers: {},
    services: { orders: { loadBalancer: { servers: [] } }, shop: { loadBalancer: { servers: [] } } },
    uplinks: {},
  });
  assert.equal(served, 0);
  assert.deepEqual(codes, ['prism.no-vm shop']);
});

test('clients bound by a cookie finish; without cookies nobody is bound', () => {
  const fenced = [{ service: 'orders', machine: machine('9'), until: 1 }];
  const sticky = baseOf('http: {services: {orders: {loadBalancer: {sticky: {cookie: {}}}}}}');
  const { http } = build([machine('1')], sticky, fenced);
  assert.deepEqual(http?.services?.['orders']?.loadBalancer?.servers, [
    { url: 'http://10.0.0.1:80' },
    { url: 'http://10.0.0.9:80', fenced: true },
  ]);
  assert.deepEqual(build([machine('1')], emptyBase, fenced).urls('orders'), ['http://10.0.0.1:80']);
});

test('two VMs with one address are told and are one endpoint; IPv6 in brackets', () => {
  const { urls, codes } = build([machine('1', { address: 'fd00::1' }), machine('2', { address: 'fd00::1' })]);
  assert.deepEqual(urls('orders'), ['http://[fd00::1]:80']);
  assert.deepEqual(codes, ['prism.same-address fd00::1']);
});

test('what has not changed is the same object', () => {
  const services = new Services();
  const of = (...machines: Machine[]) =>
    services.build({ machines, fenced: [], base: emptyBase, port: undefined }, new Conditions());
  const first = of(machine('1'), machine('2', { services: ['billing'] }));
  assert.equal(of(machine('1', { name: 'renamed' }), machine('2', { services: ['billing'] })), first);
  const next = of(machine('1'), machine('3'), machine('2', { services: ['billing'] }));
  assert.notEqual(next, first);
  assert.equal(next.http?.services?.['billing'], first.http?.services?.['billing']);
  assert.notEqual(next.http?.services?.['orders'], first.http?.services?.['orders']);
});

test('whatever VMs are called, the configuration is one that the gateway accepts', () => {
  const name = fc.oneof(
    fc.constantFrom('constructor', 'a', 'a.b-c', '0'),
    fc.stringMatching(/^[a-z0-9]{1,9}$/),
  );
  const any = fc.record({
    ...{ id: fc.uuid(), name: fc.string(), services: fc.array(name, { maxLength: 3 }) },
    address: fc.oneof(fc.ipV4(), fc.constantFrom('fd00::1')),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), (machines) => {
      const { http } = build(machines);
      const decoded = decodeDynamic(JSON.stringify({ http }), 'found.json');
      assert.ok(decoded.ok, JSON.stringify(decoded));
    }),
    { numRuns: 50 },
  );
});
