import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DynamicSource } from '@ficus/gateway/model/resolve-input.ts';
import { Resolver } from './resolver.ts';

const source = (rule: string): DynamicSource => ({
  provider: 'file',
  config: {
    http: {
      routers: { r: { rule, service: 's' } },
      services: { s: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
    },
  },
});

test('what was resolved last is not resolved again, and anything else is', () => {
  const resolver = new Resolver({ web: { address: ':0' } });
  const one = source('Path(`/a`)');
  const first = resolver.resolve([one], []);
  assert.equal(resolver.resolve([one], []), first);
  const fragment = { provider: 'multicluster', services: [], transports: [] };
  const withMore = resolver.resolve([one], [fragment]);
  assert.notEqual(withMore, first);
  assert.equal(resolver.resolve([one], [{ ...fragment }]), withMore);
  const other = resolver.resolve([source('Path(`/b`)')], []);
  assert.equal(other.model.routers[0]?.rule, 'Path(`/b`)');
});
