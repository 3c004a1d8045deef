/** What the simulator wants of writes, and what its tasks come to. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { PrismFaults } from './faults.ts';
import { type PrismSimulator, startPrismSimulator } from './simulator.ts';
import { type Answer, type Ask, ask } from './testing/ask.ts';
import { VirtualClock } from './virtual-clock.ts';

const vms = '/api/vmm/v4.1/ahv/config/vms';
const tasks = '/api/prism/v4.1/config/tasks';
const categories = '/api/prism/v4.1/config/categories';
const etag = (version: number) => Buffer.from(`${version},0`).toString('base64');
const codeOf = (answer: Answer) => answer.at('data', 'error', 0, 'code');
const newId = () => ({ 'NTNX-Request-Id': randomUUID() });

interface Scene extends AsyncDisposable {
  readonly prism: PrismSimulator;
  readonly clock: VirtualClock;
  /** Of the one VM. */
  readonly vm: string;
  post(path: string, headers?: Ask['headers'], body?: unknown): Promise<Answer>;
  task(accepted: Answer): Promise<Answer>;
}

async function scene(faults: Partial<PrismFaults> = {}): Promise<Scene> {
  const clock = new VirtualClock();
  const prism = await startPrismSimulator({ clock, faults });
  const { extId } = prism.addVm({ name: 'vm-1', power: 'OFF', address: '10.20.30.11' });
  return {
    prism,
    clock,
    vm: extId,
    post: (path, headers = {}, body) => ask(prism, path, { method: 'POST', headers, body }),
    task: (accepted) => ask(prism, `${tasks}/${String(accepted.at('data', 'extId'))}`),
    [Symbol.asyncDispose]: () => prism[Symbol.asyncDispose](),
  };
}

suite('ETags and request ids', () => {
  test('every refusal has its own code', async () => {
    await using it = await scene();
    const on = `${vms}/${it.vm}/$actions/power-on`;
    const refused = async (headers: Ask['headers']) => {
      const answer = await it.post(on, headers);
      return [answer.status, codeOf(answer)];
    };
    assert.deepEqual(await refused({ 'If-Match': etag(1) }), [400, 'VMM-30400']);
    assert.deepEqual(await refused({ 'NTNX-Request-Id': 'no', 'If-Match': etag(1) }), [400, 'VMM-30401']);
    assert.deepEqual(await refused(newId()), [428, 'PLAT-10004']);
    assert.deepEqual(await refused({ ...newId(), 'If-Match': '*' }), [412, 'PLAT-10005']);
    assert.deepEqual(await refused({ ...newId(), 'If-Match': etag(7) }), [412, 'VMM-30303']);
    it.prism.faults.missingEtagStatus = 400;
    it.prism.faults.staleEtagStatus = 409;
    assert.deepEqual(await refused(newId()), [400, 'PLAT-10004']);
    assert.deepEqual(await refused({ ...newId(), 'If-Match': etag(7) }), [409, 'VMM-30303']);
    assert.equal(it.prism.inventory.vm('vm-1').powerState, 'OFF');
  });

  test('an ETag changes with the VM, whatever changed it', async () => {
    await using it = await scene();
    const current = async () => (await ask(it.prism, `${vms}/${it.vm}`)).headers.etag;
    assert.equal(await current(), etag(1));
    it.prism.updateVm('vm-1', { guestTools: { installed: true, reachable: false } });
    assert.equal(await current(), etag(2));
    it.prism.tag('vm-1', 'Environment', 'Test');
    assert.equal(await current(), etag(3));
    assert.equal((await ask(it.prism, vms)).headers.etag, undefined, 'a list has none');
  });

  test('the same request id gets the same task, even when that failed', async () => {
    await using it = await scene({ tasks: [{ outcome: 'fail' }] });
    const headers = { ...newId(), 'If-Match': etag(1) };
    const on = () => it.post(`${vms}/${it.vm}/$actions/power-on`, headers);
    const first = await on();
    it.clock.advance(1000);
    assert.equal((await it.task(first)).at('data', 'status'), 'FAILED');
    it.prism.updateVm('vm-1', {});
    const again = await on();
    assert.deepEqual([again.status, again.at('data', 'extId')], [202, first.at('data', 'extId')]);
  });
});

suite('tasks', () => {
  test('wait, run, and do their work at their end', async () => {
    await using it = await scene({ taskQueuedMs: 100, taskRunningMs: 200 });
    const headers = { ...newId(), 'If-Match': etag(1) };
    const on = await it.post(`${vms}/${it.vm}/%24actions/power-on`, headers);
    assert.equal(on.at('metadata', 'links', 0, 'rel'), 'task');
    const status = async () => (await it.task(on)).at('data', 'status');
    assert.equal(await status(), 'QUEUED');
    it.clock.advance(100);
    assert.equal(await status(), 'RUNNING');
    assert.equal(it.prism.inventory.vm('vm-1').powerState, 'OFF');
    it.clock.advance(200);
    assert.equal(await status(), 'SUCCEEDED');
    assert.equal(it.prism.inventory.vm('vm-1').powerState, 'ON');
  });

  test('may be cancelled, and are no more afterwards', async () => {
    await using it = await scene({ taskQueuedMs: 100 });
    const on = await it.post(`${vms}/${it.vm}/$actions/power-on`, { ...newId(), 'If-Match': etag(1) });
    const cancel = `${tasks}/${encodeURIComponent(String(on.at('data', 'extId')))}/$actions/cancel`;
    assert.equal((await it.post(cancel)).status, 200);
    it.clock.advance(10_000);
    assert.equal((await it.task(on)).at('data', 'status'), 'CANCELED');
    assert.equal(it.prism.inventory.vm('vm-1').powerState, 'OFF');
    assert.equal((await it.post(cancel)).at('data', 'message'), 'The task cannot be canceled.');
    assert.equal((await ask(it.prism, tasks)).list('data').length, 1);
  });

  test('categories come and go with them, if there are such categories', async () => {
    await using it = await scene();
    const { extId } = it.prism.addCategory('TraefikServiceName', 'orders');
    const act = async (action: string, id: string) => {
      const version = it.prism.inventory.vm('vm-1').version;
      const headers = { ...newId(), 'If-Match': etag(version) };
      const body = { categories: [{ extId: id }] };
      const accepted = await it.post(`${vms}/${it.vm}/$actions/${action}`, headers, body);
      it.clock.advance(1000);
      return it.task(accepted);
    };
    await act('associate-categories', extId);
    assert.deepEqual(it.prism.inventory.vm('vm-1').categories, [extId]);
    await act('disassociate-categories', extId);
    assert.equal(it.prism.inventory.vm('vm-1').categories, undefined);
    const unknown = await act('associate-categories', randomUUID());
    assert.equal(unknown.at('data', 'status'), 'FAILED');
    assert.match(String(unknown.at('data', 'errorMessages', 0, 'message')), /Could not resolve category/);
  });

  test('delete VMs', async () => {
    await using it = await scene();
    const headers = { ...newId(), 'If-Match': etag(1) };
    const accepted = await ask(it.prism, `${vms}/${it.vm}`, { method: 'DELETE', headers });
    assert.equal(accepted.status, 202);
    assert.equal((await ask(it.prism, `${vms}/${it.vm}`)).status, 200, 'not yet');
    it.clock.advance(1000);
    assert.equal((await ask(it.prism, `${vms}/${it.vm}`)).status, 404);
  });
});

suite('bodies', () => {
  const config = 'vmm.v4.ahv.config';
  const body = (it: Scene, more: object = {}) => ({
    name: 'vm-2',
    cluster: { extId: [...it.prism.inventory.clusters.keys()][0] },
    ...more,
  });
  const customized = (script: object, type = 'CloudInit') => ({
    guestCustomization: { config: { $objectType: `${config}.${type}`, cloudInitScript: script } },
  });
  const userData = (text: string) =>
    customized({ $objectType: `${config}.Userdata`, value: Buffer.from(text).toString('base64') });

  test('that no VM can be made of are refused', async () => {
    await using it = await scene();
    for (const [why, more] of Object.entries({
      'no name': { name: undefined },
      'powered on': { powerState: 'ON' },
      'no cluster': { cluster: undefined },
      'no discriminator of a card': { nics: [{ nicNetworkInfo: { subnet: { extId: randomUUID() } } }] },
      'no subnet': { nics: [{ networkInfo: {} }] },
      'no discriminator of the customization': { guestCustomization: { config: {} } },
      'no discriminator of the script': customized({ value: 'YQ==' }),
      'no base64': customized({ $objectType: `${config}.Userdata`, value: '#cloud-config' }),
      'no cloud-config': userData('#!/bin/sh'),
      'too much': userData(`#cloud-config\n${' '.repeat(33_000)}`),
    })) {
      const answer = await it.post(vms, newId(), body(it, more));
      assert.equal(answer.status, 400, why);
      assert.equal(answer.at('data', 'error', '$objectType'), 'vmm.v4.error.SchemaValidationError');
    }
    assert.equal((await it.post(vms, newId(), body(it, userData('#cloud-config\n')))).status, 202);
    it.clock.advance(1000);
    assert.equal((await ask(it.prism, vms)).list('data').length, 2);
  });

  test('of categories: made, found twice, changed, removed', async () => {
    await using it = await scene();
    const made = await it.post(categories, {}, { key: 'TraefikServiceName', value: 'orders' });
    assert.equal(made.status, 201);
    const one = `${categories}/${String(made.at('data', 'extId'))}`;
    const again = await it.post(categories, {}, { key: 'TraefikServiceName', value: 'orders' });
    assert.equal(again.status, 409);
    for (const value of ['', 'a/b', '$a', 'a'.repeat(65), 7]) {
      const refused = await it.post(categories, {}, { key: 'TraefikServiceName', value });
      assert.equal(refused.status, 400, String(value));
    }
    const put = (key: string, version: number) =>
      ask(it.prism, one, {
        method: 'PUT',
        headers: { 'If-Match': etag(version) },
        body: { key, value: 'purchases' },
      });
    assert.equal((await put('Other', 1)).status, 400, 'a key stays');
    assert.equal((await put('TraefikServiceName', 1)).status, 200);
    assert.equal((await put('TraefikServiceName', 1)).status, 412);
    const removed = await ask(it.prism, one, { method: 'DELETE', headers: { 'If-Match': etag(2) } });
    assert.deepEqual([removed.status, removed.text], [204, '']);
    assert.equal((await ask(it.prism, one)).status, 404);
  });
});
