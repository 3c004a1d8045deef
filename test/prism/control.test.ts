/** `npm run prism-sim` and what changes it while it runs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../harness/eventually.ts';
import { startControl } from './control.ts';
import { startPrismSimulator } from './simulator.ts';
import { ask } from './testing/ask.ts';

test('a VM is made, tagged, switched off, untagged and removed', async () => {
  await using prism = await startPrismSimulator();
  await using control = await startControl(prism, 0);
  const post = async (name: string, body: object) => {
    const answer = await fetch(`${control.url}/${name}`, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  const vm = () => prism.inventory.vm('vm-1');
  const tag = { vm: 'vm-1', key: 'TraefikServiceName', value: 'orders' };
  await post('vms', { name: 'vm-1', address: '10.20.30.11' });
  await post('tag', tag);
  const orders = prism.inventory.category('TraefikServiceName', 'orders')?.extId;
  assert.deepEqual(vm().categories, [orders]);
  await post('power', { vm: 'vm-1', power: 'OFF' });
  assert.equal(vm().powerState, 'OFF');
  await post('update', { vm: 'vm-1', nics: [{ learned: ['10.20.30.12'] }] });
  assert.deepEqual(vm().nics?.[0]?.learned, ['10.20.30.12']);
  await post('rename', { key: 'TraefikServiceName', from: 'orders', to: 'purchases' });
  assert.equal(prism.inventory.category('TraefikServiceName', 'purchases')?.extId, orders);
  await post('untag', { vm: 'vm-1', key: 'TraefikServiceName' });
  assert.equal(vm().categories, undefined);
  await post('vpcs', { name: 'shop' });
  await post('subnets', { name: 'web', vpc: 'shop' });
  assert.equal([...prism.inventory.subnets.values()].at(-1)?.vpc, [...prism.inventory.vpcs.keys()][0]);
  await post('faults', { next: [{ kind: 'unavailable', times: -1 }] });
  assert.equal((await ask(prism, '/api/vmm/v4.0/ahv/config/vms')).status, 503);
  assert.equal((await ask(prism, '/api/vmm/v4.0/ahv/config/vms')).status, 503);
  await post('faults', { next: null, tasks: null, rate: null });
  assert.deepEqual([prism.faults.next, prism.faults.tasks, prism.faults.rate], [[], [], undefined]);
  assert.equal((await ask(prism, '/api/vmm/v4.0/ahv/config/vms')).status, 200);
  await post('remove', { vm: 'vm-1' });
  const requests = (await (await fetch(`${control.url}/requests`)).json()) as { status: number }[];
  assert.deepEqual(
    requests.map(({ status }) => status),
    [503, 503, 200],
  );
  assert.deepEqual(await (await fetch(`${control.url}/vms`)).json(), []);
});

test('a key expires and another one is made', async () => {
  await using prism = await startPrismSimulator();
  await using control = await startControl(prism, 0);
  const post = async (name: string, body: object) => {
    const answer = await fetch(`${control.url}/${name}`, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as { key: string };
  };
  const status = async (apiKey: string) =>
    (await ask({ ...prism, apiKey }, '/api/vmm/v4.0/ahv/config/vms')).status;
  await post('expire-key', {});
  assert.equal(await status(prism.apiKey), 401);
  const { key } = await post('keys', {});
  assert.ok(key.length >= 32);
  assert.equal(await status(key), 200);
  assert.deepEqual(await post('keys', { key: 'chosen' }), { key: 'chosen' });
  await post('expire-key', { key });
  assert.deepEqual([await status(key), await status('chosen')], [401, 200]);
});

test('says what is wrong', async () => {
  await using prism = await startPrismSimulator();
  await using control = await startControl(prism, 0);
  const refused = async (name: string, body: string) => {
    const answer = await fetch(`${control.url}/${name}`, { method: 'POST', body });
    return [answer.status, ((await answer.json()) as { error: string }).error];
  };
  assert.deepEqual(await refused('tag', '{"vm": "nobody", "key": "a", "value": "b"}'), [
    400,
    'the simulator has no VM nobody',
  ]);
  assert.deepEqual(await refused('power', '{"vm": "vm-1"}'), [400, 'power is missing']);
  assert.deepEqual(await refused('faults', '{"nonsense": 1}'), [400, 'unknown switches: nonsense']);
  assert.equal((await refused('vms', '[]'))[0], 400);
  assert.equal((await refused('nothing', '{}'))[0], 404);
});

test('npm run prism-sim prints where it is, and cleans up', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const flags = ['--port', '0', '--control-port', '0', '--fleet', '3', '--profile', 'pc.7.3', '--awkward'];
  const child = spawn(process.execPath, ['--conditions=source', main, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    const found = async (pattern: RegExp) => eventually(() => pattern.exec(printed)?.[1]);
    const url = await found(/^Prism Central pc\.7\.3\s+(https:\S+)/m);
    const caFile = await found(/^CA\s+(\S+)/m);
    const apiKey = await found(/^API key\s+(\S+)/m);
    const ca = readFileSync(caFile, 'utf8');
    const answer = await ask({ url, ca, apiKey, username: '', password: '' }, '/api/vmm/v4.1/ahv/config/vms');
    assert.equal(answer.at('metadata', 'totalAvailableResults'), 26);
    const control = await found(/^control\s+(\S+)/m);
    assert.equal((await fetch(`${control}/faults`)).status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.ok(!existsSync(caFile));
  } finally {
    child.kill('SIGKILL');
  }
});
