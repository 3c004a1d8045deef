/** Documents recorded from real Prism Centrals, where a checkout has them beside it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NewVm } from '../simulator.ts';

const folder = fileURLToPath(new URL('../../../../shared/golden/nutanix/', import.meta.url));

/** For a suite's `skip`: false when the documents are there. */
export const withoutGolden: string | false = existsSync(folder)
  ? false
  : 'the golden documents are not at ../shared/golden/nutanix, beside this checkout; put them there';

export function golden(name: string): unknown {
  return JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8'));
}

/** The VMs of the golden lists. */
export const goldenVms: readonly NewVm[] = [
  {
    name: 'orders-01',
    extId: '3d0c4a2e-1b8f-4c1a-5e2f-0000000a0001',
    description: 'golden fixture',
    nics: [{ assigned: '10.20.30.11', learned: ['10.20.30.11'] }],
    categories: { TraefikServiceName: 'orders', Environment: 'Production' },
    guestTools: {},
  },
  {
    name: 'orders-02',
    extId: '3d0c4a2e-1b8f-4c1a-5e2f-0000000a0002',
    description: 'golden fixture',
    nics: [
      { subnet: 'vlan77', learned: ['192.168.77.12', '169.254.10.3'] },
      {
        assigned: '10.20.30.12',
        learned: ['10.20.30.12', '10.20.30.112'],
        learnedIpv6: ['fd20:30::12', 'fe80::526b:8dff:fe24:1956'],
      },
    ],
    categories: { TraefikServiceName: 'orders', Environment: 'Production' },
  },
  {
    name: 'orders-03',
    extId: '3d0c4a2e-1b8f-4c1a-5e2f-0000000a0003',
    description: 'golden fixture',
    power: 'OFF',
    address: '10.20.30.13',
    categories: { TraefikServiceName: 'orders' },
  },
];
