import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model, ServiceModel } from '@ficus/gateway/model/model.ts';
import { buildAdvertisement, withEndpoints } from './build.ts';

const endpoint = (port: number) => ({
  scheme: 'http' as const,
  host: '127.0.0.1',
  port,
  path: '',
  preservePath: false,
  weight: 1,
});
const balancer = (name: string, ...ports: number[]): ServiceModel => ({
  kind: 'loadBalancer',
  name: [name, 'file'],
  endpoints: ports.map(endpoint),
  passHostHeader: true,
  transport: 0,
  requestHeaders: [],
  healthCheck: {} as never,
  uplink: false,
});
const model = {
  services: [
    balancer('blue', 1, 2),
    balancer('green', 3),
    { kind: 'broken', name: ['gone', 'file'], code: 'service.broken', detail: '' },
  ],
} as unknown as Model;

const offer = (name: string, ...services: string[]) => ({
  name,
  weight: 3,
  protocol: 'http' as const,
  entryPoints: ['uplink'],
  routers: [0],
  services: services.map((service) => [service, 'file'] as const),
});
const offers = [offer('orders', 'blue', 'green'), offer('old', 'gone')];

test('counts the endpoints behind an uplink, and advertises nothing of the inside', () => {
  const health = ([name]: readonly [string, string]) =>
    name === 'blue' ? { healthy: 1, total: 2 } : undefined;
  assert.deepEqual(withEndpoints(offers, model, health), [
    { name: 'orders', weight: 3, protocol: 'http', endpoints: { healthy: 2, total: 3 } },
    { name: 'old', weight: 3, protocol: 'http', endpoints: { healthy: 0, total: 0 } },
  ]);
});

test('the document is one line, complete, and ordered by name whatever the order of declaration', () => {
  const uplinks = withEndpoints(offers, model, () => undefined);
  const input = { child: 'vm-1', version: '0.1.0', epoch: 'e', revision: 7, draining: false };
  const { body, document } = buildAdvertisement({ ...input, uplinks });
  assert.deepEqual(JSON.parse(body), document);
  assert.doesNotMatch(body, /\n/);
  assert.deepEqual(
    { ...document, uplinks: document.uplinks.map((uplink) => uplink.name) },
    {
      ...input,
      protocols: [1],
      uplinks: ['old', 'orders'],
    },
  );
  assert.equal(buildAdvertisement({ ...input, uplinks: uplinks.toReversed() }).body, body);
});

test('a document past the limits of the protocol is refused here, not by the parent', () => {
  const many = Array.from({ length: 1001 }, (_, i) => ({
    name: `w${i}`,
    weight: 1,
    protocol: 'http' as const,
    endpoints: { healthy: 1, total: 1 },
  }));
  const input = { child: 'vm-1', version: '0', epoch: 'e', revision: 1, draining: false };
  assert.throws(() => buildAdvertisement({ ...input, uplinks: many }), { code: 'advertisement.too-big' });
  const long = { ...many[0], healthCheck: { headers: { a: 'x'.repeat(1 << 20) } } } as never;
  assert.throws(() => buildAdvertisement({ ...input, uplinks: [long] }), { code: 'advertisement.too-big' });
});
