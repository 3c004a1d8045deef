/** A VM is created, powered on and waited for, whatever Prism Central does meanwhile. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type CreatedVm, type CreateVmOptions, createVm } from '@ficus/child/prism/create-vm.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { type PrismOptions, type PrismSimulator, startPrismSimulator } from './simulator.ts';
import type { TaskOutcome } from './state/tasks.ts';
import { VirtualClock } from './virtual-clock.ts';

const userData = '#cloud-config\nruncmd: [true]\n';

interface Scene extends AsyncDisposable {
  readonly prism: PrismSimulator;
  readonly clock: VirtualClock;
  create(vm?: Partial<CreateVmOptions['vm']>, more?: Partial<CreateVmOptions>): Promise<CreatedVm>;
}

async function scene(options: PrismOptions = {}): Promise<Scene> {
  const clock = new VirtualClock();
  const prism = await startPrismSimulator({ clock, ...options });
  prism.faults.taskQueuedMs = 1500;
  prism.faults.taskRunningMs = 3000;
  prism.addCategory('TraefikServiceName', 'orders');
  return {
    prism,
    clock,
    create: (vm = {}, more = {}) =>
      createVm({
        prism: { endpoint: prism.url, apiKey: prism.apiKey, tls: { ca: prism.ca } },
        vm: { name: 'vm-1', cluster: 'ahv-01', image: 'debian-12', subnet: 'vlan173', userData, ...vm },
        clock,
        ...more,
      }),
    [Symbol.asyncDispose]: () => prism[Symbol.asyncDispose](),
  };
}

/** What `createVm` throws. */
function refusal(creating: Promise<unknown>): Promise<FicusError> {
  return creating.then(
    () => assert.fail('it was created'),
    (error: unknown) => {
      assert.ok(error instanceof FicusError, String(error));
      assert.ok(error.remedy !== undefined && error.remedy !== '');
      return error;
    },
  );
}

const posts = ({ prism }: Scene, end: string) =>
  prism.requests.filter(({ method, path }) => method === 'POST' && path.endsWith(end));

suite('createVm', () => {
  for (const profile of ['pc.2024.3', 'pc.7.3', 'pc.7.5', 'next'] as const) {
    test(`creates and powers on with ${profile}`, async () => {
      await using it = await scene({ profile });
      const steps: string[] = [];
      const vm = await it.create(
        { categories: { TraefikServiceName: 'orders' }, sockets: 4 },
        { say: (line) => steps.push(line) },
      );
      assert.deepEqual(vm, { extId: vm.extId, name: 'vm-1', addresses: ['10.20.30.50'] });
      const record = it.prism.inventory.vm(vm.extId);
      assert.equal(record.powerState, 'ON');
      assert.equal(record.numSockets, 4);
      const { categories = [] } = record;
      assert.deepEqual(categories, [it.prism.inventory.category('TraefikServiceName', 'orders')?.extId]);
      assert.equal(steps.length, 3);
      const customization = JSON.stringify(record.guestCustomization);
      assert.ok(customization.includes(Buffer.from(userData).toString('base64')));
      assert.equal(posts(it, '/vms').length, 1);
    });
  }

  test('waits for an address that is learned late', async () => {
    await using it = await scene();
    it.prism.addSubnet('dhcp');
    const { addresses } = await it.create({ subnet: 'dhcp' });
    assert.deepEqual(addresses, ['192.168.77.50']);
  });

  test('asks again with the same request id when nobody answers', async () => {
    await using it = await scene();
    it.prism.faults.next.push(
      { kind: 'reset', method: 'POST', path: '/vms' },
      { kind: 'unavailable', method: 'POST', path: '/vms' },
      { kind: 'limited', method: 'POST', path: '/vms', retryAfter: 3 },
      { kind: 'truncate', method: 'POST', path: '/vms' },
    );
    await it.create();
    const ids = posts(it, '/vms').map(({ headers }) => headers['ntnx-request-id']);
    // The last answer was cut off, but the VM was on its way: the same id gets the same task.
    assert.equal(ids.length, 5);
    assert.equal(new Set(ids).size, 1);
    assert.equal([...it.prism.inventory.vms.values()].filter(({ name }) => name === 'vm-1').length, 1);
  });

  test('reads again what was just made and is not there yet', async () => {
    await using it = await scene({ faults: { readAfterWrite404: 3, duplicateEntities: true } });
    assert.equal((await it.create()).name, 'vm-1');
  });

  for (const etagFoundBy of ['request', 'task'] as const) {
    test(`powers on again with a new ETag when the ${etagFoundBy} finds that the VM has changed`, async () => {
      await using it = await scene({ faults: { etagMoves: 4, etagFoundBy } });
      await it.create();
      const asked = posts(it, 'power-on');
      assert.equal(asked.length, 5);
      const distinct = (name: string) => new Set(asked.map(({ headers }) => headers[name])).size;
      assert.deepEqual([distinct('ntnx-request-id'), distinct('if-match')], [5, 5]);
    });
  }

  test('gives up when the VM changes each time, and says that it is there', async () => {
    await using it = await scene({ faults: { etagMoves: 99 } });
    const error = await refusal(it.create());
    assert.equal(error.code, 'prism.etag-mismatch');
    assert.equal(posts(it, 'power-on').length, 5);
    assert.ok(error.remedy?.includes(it.prism.inventory.vm('vm-1').extId));
  });

  const endings: readonly [TaskOutcome, string, RegExp][] = [
    ['fail', 'prism.task-failed', /VMM-30102 Not enough resources/],
    ['fail-legacy', 'prism.task-failed', /Could not resolve category reference/],
    ['fail-silent', 'prism.task-failed', /gives no reason/],
    ['cancel', 'prism.task-canceled', /cancelled/],
    ['suspend', 'prism.task-timeout', /SUSPENDED/],
    ['stall', 'prism.task-timeout', /RUNNING/],
  ];
  for (const [outcome, code, message] of endings) {
    test(`a task that comes to ${outcome} is an error with a reason`, async () => {
      await using it = await scene({ faults: { tasks: [{ outcome, operation: 'CreateVm' }] } });
      const error = await refusal(it.create({}, { deadlineMs: 120_000 }));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(it.clock.passed < 125_000, 'it ends by its deadline');
    });
  }

  test('a power-on that fails leaves a VM, which is said', async () => {
    await using it = await scene({ faults: { tasks: [{ outcome: 'fail', operation: 'PowerOnVm' }] } });
    const error = await refusal(it.create());
    assert.equal(error.code, 'prism.task-failed');
    assert.match(error.message, /power on VM vm-1/);
    assert.match(error.remedy ?? '', /was created/);
  });

  test('a VM that gets no address is an error at the deadline', async () => {
    await using it = await scene();
    it.prism.addSubnet('nothing');
    const creating = it.create({ subnet: 'nothing' }, { deadlineMs: 60_000, say: silence });
    function silence(line: string): void {
      if (line.startsWith('waiting')) it.prism.updateVm('vm-1', { nics: [{}] });
    }
    assert.equal((await refusal(creating)).code, 'prism.no-address');
  });

  test('names that are none, or several, or taken', async () => {
    await using it = await scene();
    const code = async (vm: Parameters<Scene['create']>[0]) => (await refusal(it.create(vm))).code;
    assert.equal(await code({ cluster: 'nowhere' }), 'prism.no-such-name');
    assert.equal(await code({ subnet: "it's none" }), 'prism.no-such-name');
    assert.equal(await code({ categories: { TraefikServiceName: 'unheard-of' } }), 'prism.no-such-name');
    it.prism.inventory.addImage('debian-12', '11111111-1111-4111-8111-111111111111');
    const several = await refusal(it.create());
    assert.match(several.message, /found several/);
    const image = '11111111-1111-4111-8111-111111111111';
    it.prism.addVm({ name: 'taken' });
    assert.equal(await code({ name: 'taken', image }), 'prism.vm-exists');
    assert.equal(posts(it, '/vms').length, 0);
    await it.create({ image });
  });

  test('orders that cannot be are refused before anything is asked', async () => {
    await using it = await scene();
    for (const vm of [
      { name: '' },
      { userData: '#!/bin/sh\n' },
      { userData: `#cloud-config\n${'x'.repeat(24_000)}` },
      { sockets: 0 },
    ])
      assert.equal((await refusal(it.create(vm))).code, 'prism.vm-order');
    assert.equal(it.prism.requests.length, 0);
  });

  test('what the key may not do, and who answers there', async () => {
    await using it = await scene();
    const login = (prism: Partial<CreateVmOptions['prism']>) =>
      refusal(it.create({}, { prism: { endpoint: it.prism.url, ...prism } }));
    const ca = { tls: { ca: it.prism.ca } };
    const wrong = await login({ apiKey: 'wrong-key', ...ca });
    assert.equal(wrong.code, 'prism.unauthorized');
    assert.ok(!`${wrong.message}${wrong.remedy}`.includes('wrong-key'));
    assert.equal((await login({ apiKey: it.prism.apiKey })).code, 'prism.untrusted');
    const { length } = it.prism.requests;
    const pinned = { tls: { fingerprint: `sha256:${'0'.repeat(64)}` } };
    assert.equal((await login({ apiKey: it.prism.apiKey, ...pinned })).code, 'prism.untrusted');
    assert.equal(it.prism.requests.length, length, 'the key went nowhere');
    const { fingerprint, username, password, url: endpoint } = it.prism;
    const prism = { endpoint, username, password, tls: { fingerprint } };
    assert.equal((await it.create({}, { prism })).name, 'vm-1');
    it.prism.faults.forbidden = ['clustermgmt'];
    assert.equal((await refusal(it.create())).code, 'prism.forbidden');
  });

  test('stops when it is told to', async () => {
    await using it = await scene({ faults: { tasks: [{ outcome: 'stall' }] } });
    const stop = new AbortController();
    const creating = it.create({}, { signal: stop.signal, say: () => stop.abort(new Error('stopped')) });
    await assert.rejects(creating, { message: 'stopped' });
  });
});
