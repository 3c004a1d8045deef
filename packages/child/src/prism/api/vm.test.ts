import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Tag, vmOfV3, vmOfV4 } from './vm.ts';

const orders = '5c0f4c1e-7d0b-4a5b-9a53-0c1f6f2d1a01';
const tags: ReadonlyMap<string, Tag> = new Map([[orders, { kind: 'service', value: 'orders' }]]);
const none: ReadonlySet<string> = new Set();
const v4 = (...nics: unknown[]) => ({
  extId: '3D0C4A2E-1b8f-4c1a-5e2f-0000000a0001',
  name: 'orders-01',
  powerState: 'ON',
  categories: [{ extId: orders.toUpperCase() }, { extId: '00000000-0000-4000-8000-0000000000e1' }],
  nics,
});
const subnet = { extId: 'b2e46975-2cde-4a49-9dda-815eb4fcd679' };

test('a VM of v4: its services, its addresses by kind, of both forms of a NIC the newer one', () => {
  const vm = vmOfV4(
    v4({
      backingInfo: { isConnected: true },
      networkInfo: { subnet, ipv4Config: { ipAddress: { value: '10.9.9.9' } } },
      nicNetworkInfo: {
        $objectType: 'vmm.v4.ahv.config.VirtualEthernetNicNetworkInfo',
        subnet,
        ipv4Config: { ipAddress: { value: '10.20.30.11', prefixLength: 32 } },
        ipv4Info: { learnedIpAddresses: [{ value: '10.20.30.111' }, { value: 'nonsense' }, null] },
        ipv6Info: { learnedIpv6Addresses: [{ value: 'fd20:30::12' }, { value: 'fe80::1%eth0' }] },
      },
    }),
    tags,
    none,
  );
  assert.deepEqual(vm, {
    id: '3d0c4a2e-1b8f-4c1a-5e2f-0000000a0001',
    name: 'orders-01',
    power: 'ON',
    services: ['orders'],
    ports: [],
    weights: [],
    lost: [],
    nics: [{ subnet: subnet.extId, assigned: ['10.20.30.11'], learned: ['10.20.30.111', 'fd20:30::12'] }],
  });
});

test('of SR-IOV the older form tells the address; what is not connected or a copy of traffic has none', () => {
  const vm = vmOfV4(
    v4(
      {
        nicNetworkInfo: { $objectType: 'vmm.v4.ahv.config.SriovNicNetworkInfo', vlanId: 7 },
        networkInfo: { subnet, ipv4Info: { learnedIpAddresses: [{ value: '10.0.0.1' }] } },
      },
      {
        nicBackingInfo: { isConnected: false },
        networkInfo: { ipv4Config: { ipAddress: { value: '10.0.0.2' } } },
      },
      { networkInfo: { nicType: 'SPAN_DESTINATION_NIC', ipv4Config: { ipAddress: { value: '10.0.0.3' } } } },
      'nonsense',
    ),
    tags,
    none,
  );
  const all = vm?.nics.flatMap(({ assigned, learned }) => [...assigned, ...learned]);
  assert.deepEqual(all, ['10.0.0.1']);
});

test('a category that nobody lists any more is told', () => {
  const vm = vmOfV4(v4(), new Map(), new Set([orders]));
  assert.deepEqual([vm?.services, vm?.lost], [[], [orders]]);
});

test('a VM of v3: every value of the key, learned addresses from its status', () => {
  const entity = {
    metadata: {
      uuid: '3d0c4a2e-1b8f-4c1a-5e2f-0000000a0001',
      categories: { TraefikServiceName: 'orders' },
      categories_mapping: { TraefikServiceName: ['orders', 'billing'], Port: ['8080'] },
    },
    status: {
      name: 'orders-01',
      resources: {
        power_state: 'ON',
        nic_list: [
          {
            is_connected: true,
            ip_endpoint_list: [
              { ip: '10.20.30.12', type: 'ASSIGNED' },
              { ip: '10.20.30.112', type: 'LEARNED' },
            ],
            subnet_reference: { uuid: subnet.extId },
          },
        ],
      },
    },
  };
  const vm = vmOfV3(entity, { service: 'TraefikServiceName', port: 'Port' });
  assert.deepEqual([vm?.services, vm?.ports], [['billing', 'orders'], ['8080']]);
  assert.deepEqual(vm?.nics, [
    { subnet: subnet.extId, assigned: ['10.20.30.12'], learned: ['10.20.30.112'] },
  ]);
  const old = { ...entity, metadata: { ...entity.metadata, categories_mapping: undefined } };
  assert.deepEqual(vmOfV3(old, { service: 'TraefikServiceName' })?.services, ['orders']);
  const empty = { ...entity, metadata: { ...entity.metadata, categories_mapping: { Port: ['', '81'] } } };
  assert.deepEqual(vmOfV3(empty, { service: 'Port' })?.services, ['81'], 'an empty value is none');
});

test('whatever a row is, reading it neither throws nor takes more than its share', () => {
  const keys = [
    'extId',
    'name',
    'powerState',
    'categories',
    'nics',
    'nicNetworkInfo',
    'networkInfo',
    'subnet',
  ];
  const more = [
    'ipv4Config',
    'ipAddress',
    'value',
    'ipv4Info',
    'learnedIpAddresses',
    'metadata',
    'status',
    'uuid',
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.anything(),
      fc.constantFrom(orders, '10.0.0.1', '__proto__', 'ON'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys, ...more), tie('value'), { maxKeys: 6 }),
    ),
  }));
  const row = fc.record({ extId: fc.constant(orders), metadata: fc.constant({ uuid: orders }) });
  fc.assert(
    fc.property(row, value, (base, rest) => {
      const hostile = typeof rest === 'object' && rest !== null ? { ...rest, ...base } : base;
      for (const vm of [
        vmOfV4(hostile, tags, none),
        vmOfV3(hostile, { service: 'constructor' }),
        vmOfV4(rest, tags, none),
      ]) {
        if (vm === undefined) continue;
        assert.ok(vm.name.length <= 256 && vm.nics.length <= 64);
        assert.ok(vm.services.every((each) => typeof each === 'string'));
      }
    }),
  );
  const wide = v4(...Array.from({ length: 10_000 }, () => ({ networkInfo: {} })));
  assert.equal(vmOfV4({ ...wide, name: 'x'.repeat(1_000_000) }, tags, none)?.nics.length, 64);
});
