import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrismV4 } from './api/api-v4.ts';
import type { Question } from './api/client.ts';
import type { Vm } from './api/vm.ts';
import { emptyBase } from './base-file.ts';
import { Conditions } from './conditions.ts';
import { Fleet } from './fleet.ts';
import { Services } from './services.ts';

const id = (kind: string, index: number) => `${kind}-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** Prism Central with so many VMs, a tenth of them behind one of ten services. */
class LargePrism {
  readonly asked: string[] = [];
  retagged: number | undefined;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  ask({ method, path, rows: list }: Question): Promise<unknown> {
    this.asked.push(`${method} ${path.split('?', 1)[0]}`);
    if (method === 'OPTIONS') return Promise.resolve({ data: 'v4.2' });
    const page = Number(new URL(path, 'https://pc').searchParams.get('$page'));
    const rows = path.includes('/categories') ? this.#categories() : this.#vms(page);
    const total = path.includes('/categories') ? 10 : this.#count;
    for (const row of rows) list?.take(Buffer.from(JSON.stringify(row)));
    return Promise.resolve({ data: [], metadata: { totalAvailableResults: total } });
  }

  #categories() {
    return Array.from({ length: 10 }, (_, index) => ({
      ...{ extId: id('c', index), key: 'TraefikServiceName', value: `service-${index}` },
    }));
  }

  #vms(page: number) {
    const from = page * 100;
    return Array.from({ length: Math.max(0, Math.min(100, this.#count - from)) }, (_, offset) => {
      const index = from + offset;
      const service = index === this.retagged ? 3 : (index / 10) % 10;
      const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
      return {
        extId: id('d', index),
        name: `vm-${index}`,
        powerState: 'ON',
        ...(index % 10 === 0 ? { categories: [{ extId: id('c', service) }] } : {}),
        nics: [{ networkInfo: { ipv4Config: { ipAddress: { value: address } } } }],
      };
    });
  }
}

test('5,000 VMs: each page once, only tagged VMs kept, and a changed tag touches only its services', async () => {
  const prism = new LargePrism(5000);
  const api = new PrismV4(prism, 'auto');
  const fleet = new Fleet();
  const services = new Services();
  const look = async () => {
    const vms: Vm[] = [];
    const { signal } = new AbortController();
    const count = await api.vms({ keys: { service: 'TraefikServiceName' }, signal }, (vm) => {
      if (vm.services.length > 0) vms.push(vm);
    });
    assert.deepEqual(count, { vms: 5000, values: 10, short: false });
    const rules = { prefer: 'ipv4', loopback: false, allows: () => true, drainTimeout: 0 } as const;
    fleet.take({ ...count, vms }, rules, 0, new Conditions());
    const machines = fleet.machines();
    const config = services.build({ machines, fenced: [], base: emptyBase, port: 80 }, new Conditions());
    return { config, kept: vms.length };
  };
  const first = await look();
  assert.equal(first.kept, 500);
  const pages = prism.asked.filter((each) => each.endsWith('/vms'));
  assert.equal(pages.length, 51, 'fifty full pages, and the end');
  assert.equal(first.config.http?.services?.['service-0']?.loadBalancer?.servers?.length, 50);
  assert.equal((await look()).config, first.config, 'nothing changed, the same configuration');
  assert.equal(prism.asked.filter((each) => each.startsWith('OPTIONS')).length, 2, 'versions are asked once');

  prism.retagged = 4000;
  const { config } = await look();
  const changed = Object.keys(config.http?.services ?? {}).filter(
    (name) => config.http?.services?.[name] !== first.config.http?.services?.[name],
  );
  assert.deepEqual(changed, ['service-0', 'service-3']);
  const routers = Object.keys(config.http?.routers ?? {}).filter(
    (name) => config.http?.routers?.[name] !== first.config.http?.routers?.[name],
  );
  assert.deepEqual(routers, [], 'where requests go from does not change');
});
