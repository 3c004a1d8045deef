/** One look at Prism Central: every VM with one of our services, and the networks they are on. */

import { quoted } from '@ficus/common/plain-text.ts';
import type { PrismApi } from './api/api.ts';
import type { Vm } from './api/vm.ts';
import type { Conditions } from './conditions.ts';
import type { PrismConfig } from './config.ts';
import type { Look } from './fleet.ts';
import type { Networks } from './networks.ts';

export interface LookAround extends Look {
  /** VMs this login may see. */
  readonly seen: number;
}

/** Looks once. `known`: whose fate is wanted though they carry no service any more. Throws a `PrismError`. */
export async function lookAround(
  api: PrismApi,
  networks: Networks,
  config: PrismConfig,
  known: (id: string) => boolean,
  signal: AbortSignal,
): Promise<LookAround> {
  const vms: Vm[] = [];
  const keys = config.categoryKeys;
  const {
    vms: seen,
    values,
    short,
  } = await api.vms({ keys, signal }, (vm) => {
    // Of thousands of VMs only ours are kept.
    if (vm.services.length > 0 || known(vm.id)) vms.push(vm);
  });
  const subnets = new Set<string>();
  for (const vm of vms) for (const { subnet } of vm.nics) if (subnet !== undefined) subnets.add(subnet);
  await networks.learn(subnets, signal);
  return { vms, values, short, seen };
}

const roles =
  'does the role of the key (VM, category, subnet and VPC: view) cover all projects and clusters that are meant?';

/** Notes what an answer lacks as a whole: keys with too few rights get fewer rows, no error. */
export function noteWhatLacks(
  look: LookAround,
  most: number,
  networks: Networks,
  { categoryKeys }: PrismConfig,
  conditions: Conditions,
): void {
  const key = quoted(categoryKeys.service);
  const on = look.vms.filter(({ power, services }) => power === 'ON' && services.length > 0).length;
  if (look.seen === 0) {
    conditions.add('prism.no-vms', 'VMs', `Prism Central shows this key no VM at all: ${roles}`);
  } else if (look.values === 0) {
    const message = `this key sees ${look.seen} VMs and no value of category ${key}: is the key spelt alike (capitals count)? may it view categories? ${roles}`;
    conditions.add('prism.no-category', categoryKeys.service, message);
  } else if (on === 0) {
    const message = `this key sees ${look.seen} VMs, and none that is on carries category ${key}: ${roles}`;
    conditions.add('prism.no-tagged-vm', categoryKeys.service, message);
  }
  if (look.seen > 0 && look.seen * 2 < most) {
    const message = `this key sees ${look.seen} VMs where it has seen ${most}: ${roles}`;
    conditions.add('prism.fewer-vms', 'VMs', message);
  }
  for (const each of networks.unfound) {
    const message = `${quoted(each)} is named in the configuration, and this key sees none: is it spelt alike? ${roles}`;
    conditions.add('prism.no-network', each, message);
  }
}
