/** What the provider makes of a Prism Central's VMs, whatever its version and however they are listed. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPrismSimulator } from '../prism/simulator.ts';
import { type Options, TestClock, watchProvider } from './provider.ts';

const key = 'TraefikServiceName';
const interval = 2000;

type Prism = Awaited<ReturnType<typeof startPrismSimulator>>;

const optionsOf = (prism: Prism, more: Partial<Options> = {}): Options => ({
  ...{ endpoint: prism.url, apiKey: prism.apiKey, tls: { ca: prism.ca }, pollInterval: interval },
  ...more,
});

/** A provider, and the way to its next look. */
async function follow(prism: Prism, more: Partial<Options> = {}) {
  const clock = new TestClock();
  const watched = await watchProvider(optionsOf(prism, more), { clock });
  /** Lets the next look happen, to its end. */
  const look = async () => {
    const asked = prism.requests.length;
    clock.advance(interval * 1.2);
    await watched.until(
      'a look',
      () => prism.requests.length > asked && clock.waits(interval * 0.45) && idle(),
    );
  };
  let before = -1;
  /** Nothing has been asked between two turns of waiting. */
  const idle = () => {
    const now = prism.requests.length;
    const same = now === before;
    before = now;
    return same;
  };
  return { ...watched, clock, look, [Symbol.asyncDispose]: () => watched[Symbol.asyncDispose]() };
}

test('every release, and v3, tells the same of the awkward VMs', async () => {
  const told: unknown[] = [];
  for (const [profile, more] of [
    ['pc.7.5', {}],
    ['pc.7.3', {}],
    ['next', { apiVersion: 'v4.0' }],
    ['pc.2024.3', {}],
    ['pc.7.5', { apiVersion: 'v3' }],
  ] as const) {
    await using prism = await startPrismSimulator({ profile });
    prism.awkwardFleet();
    const { apiKey: _, ...rest } = optionsOf(prism, more);
    const v3 = 'apiVersion' in more && more.apiVersion === 'v3';
    const login = v3 ? { username: prism.username, password: prism.password } : { apiKey: prism.apiKey };
    await using provider = await watchProvider({ ...rest, ...login });
    assert.equal(provider.state()?.state, 'ok', `${profile}: ${JSON.stringify(provider.state())}`);
    const ipv4 = provider.urls('orders').filter((url) => !url.includes('['));
    assert.ok(ipv4.length > 10, String(ipv4));
    assert.ok(!ipv4.some((url) => /169\.254|127\.0/.test(url)));
    told.push(ipv4);
  }
  for (const each of told.slice(1)) {
    // What one form of a NIC alone says, not every release tells.
    const common = (told[0] as string[]).filter((url) => !(each as string[]).includes(url));
    assert.ok(common.length <= 2, String(common));
  }
});

test('a tag, a power state, another value: each is told with the next look', async () => {
  await using prism = await startPrismSimulator();
  prism.addVm({ name: 'vm-1', address: '10.20.30.11' });
  prism.addVm({ name: 'vm-2', address: '10.20.30.12', categories: { [key]: 'orders' } });
  await using provider = await follow(prism);
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.12:80']);
  const told = provider.found.length;
  await provider.look();
  assert.equal(provider.found.length, told, 'nothing new, nothing told');
  prism.tag('vm-1', key, 'orders');
  await provider.look();
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:80', 'http://10.20.30.12:80']);
  prism.setPower('vm-2', 'OFF');
  await provider.look();
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:80']);
  prism.renameValue(key, 'orders', 'purchases');
  await provider.look();
  assert.deepEqual(provider.urls('purchases'), ['http://10.20.30.11:80'], 'of the same extId');
  assert.deepEqual(provider.urls('orders'), []);
  prism.removeVm('vm-1');
  await provider.look();
  assert.deepEqual(provider.urls('purchases'), ['http://10.20.30.11:80'], 'one answer is none');
  await provider.look();
  assert.deepEqual(provider.urls('purchases'), []);
  assert.deepEqual(provider.found.at(-1)?.http?.uplinks, {});
});

test('pages that drift and totals that lie lose nobody', async () => {
  for (const totals of ['shrinks', 'grows', 'low'] as const) {
    await using prism = await startPrismSimulator({ faults: { totals } });
    prism.fleet(320, 1);
    await using provider = await watchProvider(optionsOf(prism));
    assert.equal(provider.urls('service-0').length, 320, totals);
  }
  await using prism = await startPrismSimulator();
  prism.fleet(320, 1);
  await using provider = await follow(prism);
  for (const rows of ['skip', 'repeat'] as const) {
    prism.faults.rows = rows;
    await provider.look();
    assert.equal(provider.urls('service-0').length, 320, rows);
    prism.faults.rows = 'still';
    await provider.look();
  }
  assert.deepEqual([...new Set(prism.requests.map(({ path }) => path.includes('%24limit=100')))].length, 2);
});

test('VPCs and subnets: only their addresses, and the others are told', async () => {
  await using prism = await startPrismSimulator();
  prism.addVpc('shop');
  prism.addSubnet('web', { vpc: 'shop' });
  const nics = (subnet: string, assigned: string) => [{ subnet, assigned }];
  prism.addVm({ name: 'in', nics: nics('web', '10.1.0.1'), categories: { [key]: 'orders' } });
  prism.addVm({ name: 'out', nics: nics('vlan173', '10.20.30.9'), categories: { [key]: 'orders' } });
  const vpc = [...prism.inventory.vpcs.values()][0]?.extId ?? '';
  for (const more of [
    { allowedVpcs: [{ name: 'shop' }] },
    { allowedVpcs: [{ uuid: vpc }] },
    { allowedSubnets: [{ name: 'web' }, { name: 'gone' }] },
  ]) {
    await using provider = await watchProvider(optionsOf(prism, more));
    assert.deepEqual(provider.urls('orders'), ['http://10.1.0.1:80'], JSON.stringify(more));
    assert.ok(provider.conditions().includes('prism.outside out'), String(provider.conditions()));
    if ('allowedSubnets' in more) assert.ok(provider.conditions().includes('prism.no-network subnet gone'));
  }
  await using follower = await follow(prism, { allowedVpcs: [{ name: 'shop' }] });
  prism.addSubnet('api', { vpc: 'shop' });
  prism.addVm({ name: 'new', nics: nics('api', '10.1.1.1'), categories: { [key]: 'orders' } });
  await follower.look();
  assert.deepEqual(follower.urls('orders'), ['http://10.1.0.1:80', 'http://10.1.1.1:80']);
  const networks = () => prism.requests.filter(({ path }) => path.includes('/subnets')).length;
  const before = networks();
  await follower.look();
  assert.equal(networks(), before, 'what is known is not asked for');
});

test('IPv6 where it is preferred; ports and weights by category', async () => {
  await using prism = await startPrismSimulator();
  const both = [{ assigned: '10.20.30.11', learnedIpv6: ['fe80::1', 'fd20:30::11'] }];
  const categories = { [key]: 'orders', Port: '8080', Weight: '5' };
  prism.addVm({ name: 'vm-1', nics: both, categories });
  const more = { ipVersion: 'ipv6', portCategoryKey: 'Port', weightCategoryKey: 'Weight' } as const;
  await using provider = await watchProvider(optionsOf(prism, more));
  assert.deepEqual(provider.found.at(-1)?.http?.services?.['orders']?.loadBalancer?.servers, [
    { url: 'http://[fd20:30::11]:8080', weight: 5 },
  ]);
});

test('the base file counts as soon as it changes; one with a mistake does not, and is told', async () => {
  await using prism = await startPrismSimulator();
  prism.addVm({ name: 'vm-1', address: '10.20.30.11', categories: { [key]: 'orders' } });
  await using other = await watchProvider(optionsOf(prism));
  const file = join(other.directory, 'base.yaml');
  const port = (value: string) => `http: {services: {orders: {loadBalancer: {server: {port: ${value}}}}}}\n`;
  await writeFile(file, port('8080'));
  await using provider = await watchProvider(optionsOf(prism, { filename: file }));
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:8080']);
  await writeFile(file, port('none'));
  await provider.until('the mistake', () => provider.conditions().includes(`prism.base-file ${file}`));
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:8080']);
  const [condition] = provider.state()?.conditions ?? [];
  assert.match(
    condition?.message ?? '',
    /base\.yaml:1:58: .*port: want a whole number.*the last good one counts/,
  );
  await writeFile(file, port('9090'));
  await provider.until('the port', () => provider.urls('orders')[0] === 'http://10.20.30.11:9090');
  assert.deepEqual(provider.conditions(), []);

  provider.provider.close();
  await writeFile(file, port('none'));
  await using again = await watchProvider(optionsOf(prism, { filename: file }), {
    directory: provider.directory,
  });
  assert.deepEqual(again.urls('orders'), ['http://10.20.30.11:9090'], 'started with the mistake');
  assert.match(again.state()?.conditions[0]?.message ?? '', /the last good one counts/);
});
