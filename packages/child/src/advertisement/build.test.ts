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

test('of more than a parent takes, what was advertised stays and the first by name come in', () => {
  const uplink = (name: string) => ({
    name,
    weight: 1,
    protocol: 'http' as const,
    endpoints: { healthy: 1, total: 1 },
  });
  const input = { child: 'vm-1', version: '0', epoch: 'e', revision: 1, draining: false };
  const many = Array.from({ length: 1500 }, (_, i) => uplink(`w${String(i).padStart(4, '0')}`));
  const { document, leftOut } = buildAdvertisement({ ...input, uplinks: many }, new Set(['w1499', 'gone']));
  assert.deepEqual(
    [document.uplinks.length, leftOut, document.uplinks[0]?.name, document.uplinks.at(-2)?.name],
    [1000, 500, 'w0000', 'w0998'],
  );
  assert.equal(document.uplinks.at(-1)?.name, 'w1499');

  const long = (name: string) => ({
    ...uplink(name),
    healthCheck: { headers: { a: 'x'.repeat(100_000) } } as never,
  });
  const fat = buildAdvertisement({ ...input, uplinks: Array.from({ length: 20 }, (_, i) => long(`w${i}`)) });
  assert.ok(Buffer.byteLength(fat.body) <= 1 << 20);
  assert.ok(fat.document.uplinks.length > 5 && fat.leftOut === 20 - fat.document.uplinks.length);
});
