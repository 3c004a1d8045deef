/** VMs by the thousand, and one of every kind that a reader of the API trips over. */
import type { NewVm } from './new-vm.ts';

const key = 'TraefikServiceName';
const orders = { [key]: 'orders' };

/** Plain ones with an assigned address each, spread over so many services. */
export function* plainFleet(count: number, services: number): Generator<NewVm> {
  for (let index = 0; index < count; index++) {
    yield {
      name: `fleet-${String(index).padStart(5, '0')}`,
      address: `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
      categories: { [key]: `service-${index % services}` },
    };
  }
}

/** Names say what is awkward. */
export function awkwardVms(): NewVm[] {
  const addressed = (name: string, last: number, more: Partial<NewVm> = {}): NewVm => ({
    name,
    address: `10.20.30.${last}`,
    categories: orders,
    ...more,
  });
  return [
    addressed('plain', 11),
    addressed('off', 12, { power: 'OFF' }),
    addressed('paused', 13, { power: 'PAUSED' }),
    addressed('undetermined', 14, { power: 'UNDETERMINED' }),
    addressed('redacted', 15, { power: '$REDACTED' }),
    addressed('no-categories', 16, { categories: {} }),
    addressed('unknown-category', 17, {
      categories: {},
      categoryIds: ['00000000-0000-4000-8000-0000000000e9'],
    }),
    addressed('two-values', 18, { categories: { [key]: ['orders', 'billing'] } }),
    addressed('namesake', 19),
    addressed('namesake', 20, { cluster: 'ahv-02' }),
    addressed('guest-tools', 21, { guestTools: {} }),
    { name: 'no-nics', categories: orders, nics: null },
    { name: 'empty-nics', categories: orders, nics: [] },
    { name: 'no-address', categories: orders, nics: [{}] },
    {
      name: 'disconnected',
      categories: orders,
      nics: [{ connected: false, assigned: '10.20.30.22' }],
    },
    { name: 'learned', categories: orders, nics: [{ learned: ['10.20.30.23', '169.254.10.3'] }] },
    {
      name: 'learned-later',
      categories: orders,
      nics: [{ learned: ['10.20.30.24'], learnedAfter: 3 }],
    },
    {
      name: 'two-nics',
      categories: orders,
      nics: [
        { subnet: 'vlan77', learned: ['192.168.77.12'] },
        { assigned: '10.20.30.25', learned: ['10.20.30.25'] },
      ],
    },
    {
      name: 'secondary',
      categories: orders,
      nics: [{ assigned: '10.20.30.26', secondary: ['10.20.30.126'], learned: ['10.20.30.126'] }],
    },
    {
      name: 'ipv6',
      categories: orders,
      nics: [{ learnedIpv6: ['fe80::526b:8dff:fe24:1956', 'fd20:30::12'] }],
    },
    {
      name: 'sriov',
      categories: orders,
      nics: [{ kind: 'sriov', assigned: '10.20.30.27' }],
    },
    { name: 'old-block', categories: orders, nics: [{ blocks: 'old', assigned: '10.20.30.28' }] },
    { name: 'new-block', categories: orders, nics: [{ blocks: 'new', assigned: '10.20.30.29' }] },
  ];
}
