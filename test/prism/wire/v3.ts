/** VMs and categories as the v3 API writes them. */
import { fixedIds, type NicRecord, type VmRecord } from '../state/records.ts';
import type { Inventory } from '../state/store.ts';

/** `length` is how many rows this page has. */
export function v3List(
  kind: string,
  offset: number,
  entities: readonly object[],
  total: number,
  filter?: string,
): object {
  return {
    api_version: '3.1',
    metadata: {
      kind,
      ...(filter === undefined ? {} : { filter }),
      offset,
      length: entities.length,
      total_matches: total,
    },
    entities,
  };
}

/** `reason`: of the API's enumeration. */
export function v3Error(code: number, reason: string, message: string, details?: string): object {
  return {
    state: 'ERROR',
    code,
    message_list: [{ reason, message, ...(details === undefined ? {} : { details }) }],
    api_version: '3.1',
  };
}

export const v3Unauthorized = v3Error(
  401,
  'AUTHENTICATION_REQUIRED',
  'Authentication required.',
  'Basic realm="Intent Gateway Login Required"',
);

export function v3Vm(vm: VmRecord, inventory: Inventory): object {
  const cluster = {
    kind: 'cluster',
    uuid: vm.cluster,
    name: inventory.clusters.get(vm.cluster)?.name ?? '',
  };
  const boot = { boot_device_order_list: ['CDROM', 'DISK', 'NETWORK'], boot_type: 'LEGACY' };
  const resources = {
    power_state: vm.powerState,
    memory_size_mib: Math.round(vm.memorySizeBytes / 1024 ** 2),
    num_vcpus_per_socket: vm.numCoresPerSocket,
    num_sockets: vm.numSockets,
    num_threads_per_core: 1,
    machine_type: 'PC',
    hardware_clock_timezone: 'UTC',
    boot_config: boot,
    disk_list: [],
    gpu_list: [],
    serial_port_list: [],
  };
  const description = vm.description === undefined ? {} : { description: vm.description };
  const nics = vm.nics ?? [];
  return {
    status: {
      name: vm.name,
      cluster_reference: cluster,
      resources: {
        ...resources,
        hypervisor_type: 'AHV',
        bios_uuid: vm.extId,
        nic_list: nics.map((nic) => v3Nic(nic, inventory, true)),
      },
      ...description,
      state: 'COMPLETE',
      execution_context: { task_uuid: [vm.generation] },
    },
    metadata: {
      uuid: vm.extId,
      spec_hash: '0'.repeat(50),
      spec_version: vm.version - 1,
      entity_version: String(vm.version),
      kind: 'vm',
      owner_reference: { kind: 'user', uuid: fixedIds.admin, name: 'admin' },
      project_reference: { kind: 'project', name: '_internal', uuid: vm.project ?? fixedIds.project },
      ...v3Categories(vm, inventory),
      creation_time: seconds(vm.createTime),
      last_update_time: seconds(vm.updateTime),
    },
    spec: {
      name: vm.name,
      ...description,
      resources: { ...resources, nic_list: nics.map((nic) => v3Nic(nic, inventory, false)) },
      cluster_reference: cluster,
    },
  };
}

/** Learned addresses are in the status only; there is no IPv6. */
function v3Nic(nic: NicRecord, inventory: Inventory, status: boolean): object {
  const assigned = nic.assigned === undefined ? [] : [{ ip: nic.assigned, type: 'ASSIGNED' }];
  const known = new Set([nic.assigned]);
  const learned =
    status && !nic.learnedAfter
      ? (nic.learned ?? []).filter((ip) => !known.has(ip)).map((ip) => ({ ip, type: 'LEARNED' }))
      : [];
  return {
    nic_type: nic.kind === 'sriov' ? 'DIRECT_NIC' : 'NORMAL_NIC',
    vlan_mode: 'ACCESS',
    uuid: nic.extId,
    ip_endpoint_list: [...assigned, ...learned],
    ...(nic.secondary === undefined ? {} : { secondary_ip_address_list: nic.secondary }),
    mac_address: nic.mac,
    subnet_reference: {
      kind: 'subnet',
      name: inventory.subnets.get(nic.subnet)?.name ?? '',
      uuid: nic.subnet,
    },
    is_connected: nic.connected,
    trunked_vlan_list: [],
  };
}

/** `categories` has one value of each key only; the mapping has them all. */
function v3Categories(vm: VmRecord, inventory: Inventory): object {
  const mapping: Record<string, string[]> = {};
  for (const extId of vm.categories ?? []) {
    const category = inventory.categories.get(extId);
    if (category === undefined) continue;
    const values = mapping[category.key] ?? [];
    mapping[category.key] = values;
    values.push(category.value);
  }
  const first = Object.fromEntries(Object.entries(mapping).map(([key, values]) => [key, values[0]]));
  return { categories: first, categories_mapping: mapping };
}

const seconds = (time: string): string => time.replace(/\.\d+Z$/, 'Z');
