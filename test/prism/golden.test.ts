/** The simulator's answers have the shapes of the golden documents: keys, types, discriminators, envelopes. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { PrismFaults } from './faults.ts';
import { type PrismSimulator, type ProfileName, startPrismSimulator } from './simulator.ts';
import { ask } from './testing/ask.ts';
import { golden, goldenVms, withoutGolden } from './testing/golden.ts';
import { shapeDifferences } from './testing/shape.ts';

const v41 = '/api/vmm/v4.1/ahv/config/vms';
const first = goldenVms[0]?.extId as string;

async function central(profile: ProfileName, faults: Partial<PrismFaults> = {}): Promise<PrismSimulator> {
  const prism = await startPrismSimulator({ profile, faults });
  prism.addSubnet('vlan77');
  for (const vm of goldenVms) prism.addVm(vm);
  prism.addCategory('TraefikServiceName', 'billing');
  return prism;
}

function hasShape(found: unknown, name: string): void {
  assert.deepEqual(shapeDifferences(found, golden(name)), []);
}

/** Power on with a request id and this ETag; returns the answer. */
function powerOn(prism: PrismSimulator, etag: string) {
  return ask(prism, `${v41}/${first}/$actions/power-on`, {
    method: 'POST',
    headers: { 'NTNX-Request-Id': randomUUID(), 'If-Match': etag },
  });
}

suite('golden documents', { skip: withoutGolden }, () => {
  test('VM lists of v4.1 and v4.0, and one VM', async () => {
    await using prism = await central('pc.7.3');
    hasShape((await ask(prism, v41)).json, 'v4_vms_list');
    hasShape((await ask(prism, `${v41}/${first}`)).json, 'v4_vm_get');
    await using before = await central('pc.2024.3');
    hasShape((await ask(before, '/api/vmm/v4.0/ahv/config/vms')).json, 'v4_0_vms_list');
  });

  test('the lists also say the same', async () => {
    await using prism = await central('pc.7.3');
    const found = (await ask(prism, v41)).list('data');
    const wanted = (golden('v4_vms_list') as { data: Record<string, unknown>[] }).data;
    for (const name of ['extId', 'name', 'powerState', 'memorySizeBytes', 'numSockets', 'biosUuid'])
      assert.deepEqual(
        found.map((vm) => vm[name]),
        wanted.map((vm) => vm[name]),
      );
    assert.deepEqual(found.map(addresses), wanted.map(addresses));
  });

  test('categories by key', async () => {
    await using prism = await central('pc.7.3');
    const query = "?$filter=key eq 'TraefikServiceName'&$expand=associations".replaceAll(' ', '%20');
    const answer = await ask(prism, `/api/prism/v4.1/config/categories${query}`);
    hasShape(answer.json, 'v4_categories_list_by_key');
    const links = golden('v4_categories_list_by_key') as { metadata: { links: { href: string }[] } };
    const found = answer.list('metadata', 'links').map((link) => String(link['href']));
    const afterHost = (href: string) => href.replace(/^https:\/\/[^/]+/, '');
    assert.deepEqual(
      found.map(afterHost),
      links.metadata.links.map(({ href }) => afterHost(href)),
    );
  });

  test('errors', async () => {
    await using prism = await central('pc.7.3');
    hasShape((await ask(prism, `${v41}/${randomUUID()}`)).json, 'v4_error_404');
    hasShape((await ask(prism, `${v41}?$limit=101`)).json, 'v4_error_schema_400');
    const etag = Buffer.from('1,0').toString('base64');
    prism.updateVm(first, {});
    const mismatch = await powerOn(prism, etag);
    assert.deepEqual(mismatch.json, golden('v4_error_etag_mismatch'));
    prism.faults.forbidden = ['prism'];
    hasShape((await ask(prism, '/api/prism/v4.1/config/categories')).json, 'v4_error_403');
  });

  test('the answer of OPTIONS', async () => {
    await using prism = await central('pc.7.3', { optionsBeforeV42: true });
    const answer = await ask(prism, '/api/vmm/unversioned/info', { method: 'OPTIONS' });
    assert.deepEqual(answer.json, golden('v4_options_info'));
  });

  test('a task that runs, that succeeds, that fails', async () => {
    await using prism = await central('pc.7.3', { taskQueuedMs: 0, taskRunningMs: 60_000 });
    const etag = (await ask(prism, `${v41}/${first}`)).headers.etag as string;
    const task = async () => {
      const accepted = await powerOn(prism, etag);
      assert.deepEqual(
        shapeDifferences(accepted.at('metadata'), at(golden('v4_policy_create_202'), 'metadata')),
        [],
      );
      assert.deepEqual(shapeDifferences(accepted.at('data'), at(golden('v4_policy_create_202'), 'data')), []);
      return ask(prism, `/api/prism/v4.1/config/tasks/${String(accepted.at('data', 'extId'))}`);
    };
    hasShape((await task()).json, 'v4_task_running');
    prism.faults.taskRunningMs = 0;
    prism.faults.tasks = [{ outcome: 'fail-legacy' }];
    hasShape((await task()).json, 'v4_task_failed');
    const succeeded = (await task()).json;
    const rel = ['data', 'entitiesAffected', 0, 'rel'];
    const differences = shapeDifferences(succeeded, golden('v4_task_succeeded'));
    // The golden task made a policy.
    assert.deepEqual(
      differences.filter((one) => !one.includes('entitiesAffected[0].rel')),
      [],
    );
    assert.equal(at(succeeded, ...rel), 'vmm:ahv:config:vm');
  });

  test('v3', async () => {
    await using prism = await central('pc.2024.3');
    const post = { method: 'POST', body: {}, as: 'user' } as const;
    const v3 = '/api/nutanix/v3';
    const vms = await ask(prism, `${v3}/vms/list`, post);
    hasShape(vms.json, 'v3_vms_list');
    assert.deepEqual(vms.list('entities').map(endpoints), list(golden('v3_vms_list')).map(endpoints));
    hasShape((await ask(prism, `${v3}/categories/list`, post)).json, 'v3_categories_list');
    const values = await ask(prism, `${v3}/categories/TraefikServiceName/list`, post);
    assert.deepEqual(values.json, golden('v3_category_values_list'));
    const unauthorized = await ask(prism, `${v3}/vms/list`, { ...post, as: 'nobody' });
    assert.equal(unauthorized.status, 401);
    assert.deepEqual(unauthorized.json, golden('v3_error_401'));
  });
});

test('a missing key and another type are differences', () => {
  assert.deepEqual(shapeDifferences({ a: 1, c: [] }, { a: '', b: 2, c: [1] }), [
    '$.b: missing',
    '$.a: want string, found number',
    '$.c: want 1 elements, found 0',
  ]);
  assert.deepEqual(shapeDifferences({ $objectType: 'a' }, { $objectType: 'b' }), [
    '$.$objectType: want "b", found "a"',
  ]);
});

function at(json: unknown, ...place: readonly (string | number)[]): unknown {
  return place.reduce<unknown>((value, name) => (value as Record<string | number, unknown>)[name], json);
}

const list = (json: unknown) => at(json, 'entities') as Record<string, unknown>[];

const endpoints = (vm: Record<string, unknown>) =>
  (at(vm, 'status', 'resources', 'nic_list') as Record<string, unknown>[]).map(
    (nic) => nic['ip_endpoint_list'],
  );

/** Every address in the VM's JSON, in its order. */
const addresses = (vm: unknown) => JSON.stringify(vm).match(/"value":"[0-9a-f.:]+"/g);
