import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model, RouterModel, ServiceModel } from '@ficus/gateway/model/model.ts';
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
const leg = (service: number) => ({ key: `s${service}`, service, weight: 1, mode: 'active' as const });
const router = (name: string, service: number) =>
  ({ name: [name, 'file'], entryPoints: [], service }) as unknown as RouterModel;

/** `orders` → weighted(blue, green, and blue again through a nested one); `old` → a broken service. */
const model = {
  entryPoints: [
    { name: 'web' },
    {
      name: 'uplink',
      uplink: {
        tables: [
          ['orders', [0]],
          ['old', [1]],
        ],
      },
    },
  ],
  routers: [router('orders', 0), router('old', 4)],
  services: [
    { kind: 'weighted', name: ['split', 'file'], legs: [leg(1), leg(2), leg(3)] },
    balancer('blue', 1, 2),
    balancer('green', 3),
    { kind: 'weighted', name: ['nested', 'file'], legs: [leg(1), leg(0)] },
    { kind: 'broken', name: ['gone', 'file'], code: 'service.broken', detail: '' },
  ],
} as unknown as Model;

const offers = [
  { name: 'orders', weight: 3, protocol: 'http' as const },
  { name: 'old', weight: 1, protocol: 'http' as const },
];

test('counts the endpoints behind an uplink once each, through weighted services and cycles', () => {
  const health = ([name]: readonly [string, string]) =>
    name === 'blue' ? { healthy: 1, total: 2 } : undefined;
  assert.deepEqual(
    withEndpoints(offers, model, health).map((uplink) => [uplink.name, uplink.endpoints]),
    [
      ['orders', { healthy: 2, total: 3 }],
      ['old', { healthy: 0, total: 0 }],
    ],
  );
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
