import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerMetrics } from './provider-metrics.ts';

test('a provider that fails is 0, and its last answer still counts', () => {
  const provider = {
    ...{ name: 'nutanixPrismCentral', endpoint: 'https://pc:9440', services: 2, machines: 5 },
    conditions: [{ code: 'a', subject: 'b', message: 'c' }],
  };
  const child = { name: 'vm-1', address: '', workloads: [], state: 'connected', problems: [] } as const;
  const text = providerMetrics([
    { ...child, providers: [{ ...provider, state: 'failing' }] },
    { ...child, name: 'vm-2', providers: [{ ...provider, state: 'ok' }] },
    { ...child, name: 'vm-3' },
  ]);
  const labels = (name: string) => `{child="${name}",provider="nutanixPrismCentral"}`;
  assert.match(text, new RegExp(`^ficus_provider_up${labels('vm-1')} 0$`, 'm'));
  assert.match(text, new RegExp(`^ficus_provider_up${labels('vm-2')} 1$`, 'm'));
  assert.match(text, new RegExp(`^ficus_provider_machines${labels('vm-1')} 5$`, 'm'));
  assert.match(text, new RegExp(`^ficus_provider_conditions${labels('vm-1')} 1$`, 'm'));
  assert.ok(!text.includes('vm-3'));
});
