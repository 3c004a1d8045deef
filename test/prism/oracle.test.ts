/** Nutanix's own clients take the simulator for a Prism Central. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import { createVm } from '@ficus/child/prism/create-vm.ts';
import { eventually } from '../harness/eventually.ts';
import { clientsOf, type Model, strangers, withoutSdk } from './oracle/sdk.ts';
import { type PrismSimulator, startPrismSimulator } from './simulator.ts';

async function central(): Promise<PrismSimulator> {
  const prism = await startPrismSimulator({ profile: 'next' });
  prism.awkwardFleet();
  return prism;
}

function typeOf(value: unknown): string | undefined {
  return (value as object | undefined)?.constructor.name;
}

/** The error document's first code. */
function codeOf(error: unknown): unknown {
  const { data } = error as { data?: { data?: { error?: readonly Model[] } } };
  return data?.data?.error?.[0]?.['code'];
}

suite("Nutanix's SDKs", { skip: withoutSdk }, () => {
  test('read every VM, with nothing unknown and everything typed', async () => {
    await using prism = await central();
    using clients = clientsOf(prism);
    const { data } = await clients.vms['listVms']!({ $page: 0, $limit: 100 });
    const vms = data.getData();
    assert.equal(vms.length, prism.inventory.vms.size);
    assert.deepEqual(strangers(data), []);
    const named = (name: string) => vms.find((vm) => vm['name'] === name) as Model;
    const nic = (name: string) => (named(name)['nics'] as Model[])[0] as Model;
    assert.equal(typeOf(named('plain')), 'Vm');
    assert.equal(typeOf(named('plain')['bootConfig']), 'LegacyBoot');
    assert.equal(typeOf(nic('plain')['nicNetworkInfo']), 'VirtualEthernetNicNetworkInfo');
    assert.equal(typeOf(nic('sriov')['nicNetworkInfo']), 'SriovNicNetworkInfo');
    assert.equal(typeOf(named('guest-tools')['guestTools']), 'GuestTools');
    // Told of the server by OPTIONS, they ask for its version.
    assert.equal(prism.requests[1]?.path, '/api/vmm/v4.3/ahv/config/vms?%24page=0&%24limit=100');
  });

  test('filter, select and read empty pages', async () => {
    await using prism = await central();
    using clients = clientsOf(prism);
    const $filter = "powerState eq Vmm.Ahv.Config.PowerState'OFF' and startswith(name,'o')";
    const { data } = await clients.vms['listVms']!({ $filter, $select: 'name' });
    assert.deepEqual(
      data.getData().map((vm) => vm['name']),
      ['off'],
    );
    for (const shape of ['array', 'null', 'absent'] as const) {
      prism.faults.emptyPage = shape;
      const empty = await clients.vms['listVms']!({ $page: 90 });
      assert.equal(empty.data.getData()?.length ?? 0, 0, shape);
    }
  });

  test('read categories with their associations, and change one with its ETag', async () => {
    await using prism = await central();
    using clients = clientsOf(prism, 'user');
    const $filter = "key eq 'TraefikServiceName'";
    const { data } = await clients.categories['listCategories']!({ $filter, $expand: 'associations' });
    assert.deepEqual(strangers(data), []);
    const orders = data.getData().find((one) => one['value'] === 'orders') as Model;
    assert.equal(typeOf((orders['associations'] as Model[])[0]), 'AssociationSummary');
    const one = (
      await clients.categories['getCategoryById']!(orders['extId'], {})
    ).data.getData() as object as {
      value: string;
    } & Model;
    assert.equal(one.$reserved?.['ETag'], 'MSww');
    one.value = 'purchases';
    const update = () => clients.categories['updateCategoryById']!(one['extId'], one);
    assert.equal((await update()).response.status, 200);
    assert.equal(prism.requests.at(-1)?.headers['if-match'], 'MSww');
    assert.equal(prism.inventory.category('TraefikServiceName', 'purchases')?.extId, orders['extId']);
    // The same ETag again is stale.
    const stale = await update().then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.equal((stale as { status?: number }).status, 412);
    // A session begins with an answer that sets its cookie, which they send back.
    const inSession = prism.requests.filter(({ headers }) => headers.cookie?.includes('NTNX_IGW_SESSION='));
    assert.ok(inSession.length > 0);
  });

  test('wait as long as Retry-After says, and send the same request id', async () => {
    await using prism = await central();
    using clients = clientsOf(prism);
    await clients.vms['listVms']!({ $limit: 1 });
    prism.faults.next.push({ kind: 'limited', retryAfter: 1 });
    const started = performance.now();
    const { response } = await clients.vms['listVms']!({ $limit: 1 });
    assert.equal(response.status, 200);
    assert.ok(performance.now() - started >= 990, 'one second');
    const [refused, answered] = prism.requests.slice(-2);
    assert.deepEqual([refused?.status, answered?.status], [429, 200]);
    assert.equal(refused?.headers['ntnx-request-id'], answered?.headers['ntnx-request-id']);
  });

  test('get errors typed', async () => {
    await using prism = await central();
    using clients = clientsOf(prism);
    const refused = (call: Promise<unknown>) =>
      call.then(
        () => assert.fail('it was answered'),
        (error: { status: number; data: Model }) => error,
      );
    const missing = await refused(clients.vms['getVmById']!(randomUUID()));
    assert.deepEqual([missing.status, codeOf(missing)], [404, 'VMM-20005']);
    assert.deepEqual(strangers(missing.data), []);
    const schema = await refused(clients.vms['listVms']!({ $filter: 'nonsense' }));
    assert.equal(schema.status, 400);
    assert.deepEqual(strangers(schema.data), []);
    prism.faults.forbidden = ['vmm'];
    const forbidden = await refused(clients.vms['listVms']!({}));
    assert.deepEqual([forbidden.status, codeOf(forbidden)], [403, 'RBA-10001']);
  });

  test('know every field of the VM that we create, and its image', async () => {
    await using prism = await central();
    using clients = clientsOf(prism);
    prism.faults.taskQueuedMs = 0;
    prism.faults.taskRunningMs = 0;
    const images = await clients.images['listImages']!({});
    assert.deepEqual(strangers(images.data), []);
    await createVm({
      prism: { endpoint: prism.url, apiKey: prism.apiKey, tls: { ca: prism.ca } },
      vm: {
        name: 'made',
        description: 'by ficus',
        cluster: 'ahv-01',
        image: String(images.data.getData()[0]?.['name']),
        subnet: 'vlan173',
        diskBytes: 2 ** 33,
        categories: { TraefikServiceName: 'orders' },
        userData: '#cloud-config\n',
      },
    });
    const { body } = prism.requests.find(({ method }) => method === 'POST') as { body: unknown };
    const vm = clients.vmOf(body);
    assert.deepEqual(strangers(vm), []);
    const disk = (vm['disks'] as Model[])[0]?.['backingInfo'] as Model;
    assert.equal(typeOf(disk), 'VmDisk');
    assert.equal(typeOf((disk['dataSource'] as Model)['reference']), 'ImageReference');
    const customization = vm['guestCustomization'] as Model;
    assert.equal(typeOf(customization['config']), 'CloudInit');
    assert.equal(typeOf((customization['config'] as Model)['cloudInitScript']), 'Userdata');
  });

  test('make a VM, wait for its task, power it on', async () => {
    await using prism = await central();
    prism.faults.taskQueuedMs = 5;
    prism.faults.taskRunningMs = 20;
    using clients = clientsOf(prism);
    const config = 'vmm.v4.ahv.config';
    const [cluster] = prism.inventory.clusters.keys();
    const [subnet] = prism.inventory.subnets.keys();
    const created = await clients.vms['createVm']!({
      $objectType: `${config}.Vm`,
      name: 'made',
      numSockets: 1,
      memorySizeBytes: 2 ** 31,
      cluster: { $objectType: `${config}.ClusterReference`, extId: cluster },
      nics: [
        {
          $objectType: `${config}.Nic`,
          nicNetworkInfo: {
            $objectType: `${config}.VirtualEthernetNicNetworkInfo`,
            subnet: { $objectType: `${config}.SubnetReference`, extId: subnet },
          },
        },
      ],
    });
    assert.equal(created.response.status, 202);
    assert.deepEqual(strangers(created.data), []);
    const vm = await finished(clients, created.data.getData()['extId']);
    const { data } = await clients.vms['getVmById']!(vm);
    assert.equal(data.getData()['powerState'], 'OFF');
    const etag = data.getData().$reserved?.['ETag'];
    const on = await clients.vms['powerOnVm']!(vm, { 'If-Match': etag });
    await finished(clients, on.data.getData()['extId']);
    assert.equal(prism.inventory.vm('made').powerState, 'ON');
    // Colons and equals signs in a task's id come percent-encoded from them.
    assert.ok(prism.requests.some(({ path }) => path.includes('ZXJnb24%3D%3A')));
  });

  /** extId of what the task made. */
  function finished(clients: ReturnType<typeof clientsOf>, task: unknown): Promise<string> {
    return eventually(async () => {
      const { data } = await clients.tasks['getTaskById']!(task, {});
      assert.deepEqual(strangers(data), []);
      const { status, entitiesAffected } = data.getData() as Model & { entitiesAffected?: Model[] };
      return status === 'SUCCEEDED' && String(entitiesAffected?.[0]?.['extId']);
    });
  }
});
