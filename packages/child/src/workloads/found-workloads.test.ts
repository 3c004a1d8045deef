/** What a provider finds, together with the files. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';
import type { ProviderState } from '@ficus/common/uplink/provider-state.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import { loadChildConfig } from '../state/load-config.ts';
import type { ProviderListener, WorkloadProvider } from './provider.ts';
import { WorkloadSource } from './workload-source.ts';

class FakeProvider implements WorkloadProvider {
  readonly provider = 'cloud';
  readonly awaited = 'no machine stands behind';
  listener!: ProviderListener;
  closed = false;
  readonly #first: DynamicConfig;

  constructor(first: DynamicConfig) {
    this.#first = first;
  }

  async start(listener: ProviderListener): Promise<void> {
    this.listener = listener;
    listener.found(this.#first);
  }

  close(): void {
    this.closed = true;
  }
}

const services = (...names: readonly string[]): DynamicConfig => ({
  http: {
    routers: Object.fromEntries(
      names.map((name) => [name, { rule: 'PathPrefix(`/`)', service: name, uplinks: [name] }]),
    ),
    services: Object.fromEntries(
      names.map((name) => [name, { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } }]),
    ),
    uplinks: Object.fromEntries(names.map((name) => [name, { exposeName: name }])),
  },
});
const own = `
stateDirectory: ./state
uplinkEntryPoints: {uplink: {address: "127.0.0.1:0"}}
http:
  uplinks: {extra: {}}
  routers: {extra: {rule: 'PathPrefix(\`/\`)', service: orders@cloud, uplinks: [extra]}}
`;

test('found services serve beside the files’ and for them; one that is gone is awaited', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ficus-found-'));
  const configFile = join(folder, 'child.yaml');
  await writeFile(configFile, own);
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(line) } });
  const provider = new FakeProvider(services('orders'));
  const changes: string[] = [];
  const states: (readonly ProviderState[])[] = [];
  const source = new WorkloadSource({
    ...{ config: await loadChildConfig(configFile, log), configFile, clock: systemClock, log },
    providers: [provider],
    onProviders: (all) => states.push(all),
    onChange: ({ offers }) => changes.push(offers.map(({ name }) => name).join()),
  });
  try {
    const first = await source.start();
    assert.equal(first.good, true);
    assert.deepEqual(
      first.usable?.offers.map(({ name }) => name),
      ['extra', 'orders'],
    );
    provider.listener.found(services('billing'));
    assert.equal(changes.at(-1), 'billing,extra');
    // A mistake of the provider's own holds nothing else.
    const { http } = services('billing');
    const routers = { billing: { rule: 'PathPrefix(`/`)', service: 'nobody@child', uplinks: ['billing'] } };
    provider.listener.found({ http: { ...http, routers } });
    assert.match(changes.at(-1) ?? '', /extra/);
    const state: ProviderState = {
      ...{ name: 'cloud', endpoint: 'https://c', state: 'ok', services: 1, machines: 1, conditions: [] },
    };
    provider.listener.state(state);
    const message = 'is not served: no service "nobody@child"';
    assert.deepEqual(states.at(-1), [
      { ...state, conditions: [{ code: 'provider.not-served', subject: 'router billing@cloud', message }] },
    ]);
    assert.equal(logged.filter((line) => line.includes(message.replaceAll('"', '\\"'))).length, 1);
    provider.listener.found(services('billing'));
    assert.deepEqual(states.at(-1), [state], 'mended');
  } finally {
    source.close();
    await rm(folder, { recursive: true });
  }
  assert.ok(provider.closed);
  provider.listener.found(services('late'));
  assert.match(changes.at(-1) ?? '', /extra/);
});
