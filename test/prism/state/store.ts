/** The inventory of the simulated Prism Central: VMs, categories, networks, clusters. Knows nothing of HTTP or JSON. */
import type { Clock } from '@ficus/common/clock.ts';
import { type NewNic, type NewVm, stableId, vmRecord } from './new-vm.ts';
import {
  type CategoryRecord,
  type ClusterRecord,
  fixedIds,
  type ImageRecord,
  type PowerState,
  type SubnetRecord,
  type VmRecord,
  type VpcRecord,
} from './records.ts';

/** What may be changed of a VM. */
export type VmChange = Partial<Omit<VmRecord, 'extId' | 'version' | 'nics'>> & {
  readonly nics?: readonly NewNic[] | null;
};

export class Inventory {
  readonly vms = new Map<string, VmRecord>();
  readonly categories = new Map<string, CategoryRecord>();
  readonly subnets = new Map<string, SubnetRecord>();
  readonly vpcs = new Map<string, VpcRecord>();
  readonly clusters = new Map<string, ClusterRecord>();
  readonly images = new Map<string, ImageRecord>();
  /** Grows with every change of anything; what was computed of the whole inventory is kept by it. */
  revision = 0;
  readonly #clock: Clock;
  readonly #told = new Map<string, number>();
  #serial = 0;
  #rows: { readonly revision: number; readonly rows: readonly VmRecord[] } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.addCluster('ahv-01', '0006226b-1a5c-4f0e-0000-000000028f57');
    this.addSubnet('vlan173', {
      extId: 'b2e46975-2cde-4a49-9dda-815eb4fcd679',
      vlan: 173,
      managed: '10.20.30',
    });
    this.addImage('debian-12');
  }

  /** RFC 3339 with microseconds, as Prism Central writes times. */
  time(): string {
    return new Date(this.#clock.now()).toISOString().replace('Z', '000Z');
  }

  addCluster(name: string, extId = stableId(`cluster ${name}`)): ClusterRecord {
    return this.#put(this.clusters, { extId, name });
  }

  addImage(name: string, extId = stableId(`image ${name}`)): ImageRecord {
    return this.#put(this.images, { extId, name, sizeBytes: 2 * 1024 ** 3 });
  }

  addVpc(name: string, extId = stableId(`vpc ${name}`)): VpcRecord {
    return this.#put(this.vpcs, { extId, name });
  }

  /** `vpc` and `cluster` by name or extId. */
  addSubnet(name: string, options: Partial<Omit<SubnetRecord, 'name'>> = {}): SubnetRecord {
    const { extId = stableId(`subnet ${name}`), vpc, cluster, ...more } = options;
    const ofVpc = vpc === undefined ? undefined : find(this.vpcs, vpc, 'VPC').extId;
    return this.#put(this.subnets, {
      extId,
      name,
      ...(ofVpc === undefined ? { cluster: find(this.clusters, cluster, 'cluster').extId } : { vpc: ofVpc }),
      ...more,
    });
  }

  /** The category with this key and value; made unless it exists. */
  addCategory(key: string, value: string, more: Partial<CategoryRecord> = {}): CategoryRecord {
    const there = this.category(key, value);
    if (there !== undefined) return there;
    const extId = stableId(`category ${this.#serial++} ${key} ${value}`);
    return this.#put(this.categories, {
      extId,
      key,
      value,
      type: 'USER',
      description: '',
      version: 1,
      ...more,
    });
  }

  category(key: string, value: string): CategoryRecord | undefined {
    return [...this.categories.values()].find((one) => one.key === key && one.value === value);
  }

  changeCategory(extId: string, change: { readonly value?: string; readonly description?: string }): void {
    const before = find(this.categories, extId, 'category');
    this.#put(this.categories, { ...before, ...change, version: before.version + 1 });
  }

  removeCategory(extId: string): void {
    this.categories.delete(extId);
    this.revision++;
  }

  addVm(vm: NewVm): VmRecord {
    return this.#put(this.vms, this.draft(vm));
  }

  /** The record of a VM that is not in the inventory yet. */
  draft(vm: NewVm): VmRecord {
    return vmRecord(vm, this.#names(), this.#serial++, this.time());
  }

  insert(record: VmRecord): void {
    this.#put(this.vms, record);
  }

  /** By extId, else the first of that name. */
  vm(nameOrId: string): VmRecord {
    return find(this.vms, nameOrId, 'VM');
  }

  changeVm(nameOrId: string, change: VmChange): VmRecord {
    const { nics, ...members } = change;
    const before = this.vm(nameOrId);
    const next: VmRecord = { ...before, ...members, updateTime: this.time(), version: before.version + 1 };
    if (nics === undefined) return this.#put(this.vms, next);
    const { nics: _, ...without } = next;
    const made = vmRecord(
      { name: before.name, extId: before.extId, nics },
      this.#names(),
      0,
      this.time(),
    ).nics;
    return this.#put(this.vms, made === undefined ? without : { ...without, nics: made });
  }

  removeVm(nameOrId: string): void {
    this.vms.delete(this.vm(nameOrId).extId);
    this.revision++;
  }

  /** Adds and takes away categories, by extId. */
  setCategories(nameOrId: string, add: readonly string[], remove: readonly string[]): VmRecord {
    const { categories = [], ...vm } = this.vm(nameOrId);
    const left = [...new Set([...categories, ...add])].filter((id) => !remove.includes(id));
    const next = { ...vm, updateTime: this.time(), version: vm.version + 1 };
    return this.#put(this.vms, left.length === 0 ? next : { ...next, categories: left });
  }

  /** Powering off leaves the host; powering on finds one again. */
  setPower(nameOrId: string, powerState: PowerState): VmRecord {
    const { host, ...vm } = this.vm(nameOrId);
    return this.#put(this.vms, {
      ...vm,
      ...(powerState === 'OFF' ? {} : { host: host ?? fixedIds.host }),
      powerState,
      updateTime: this.time(),
      version: vm.version + 1,
    });
  }

  /** All VMs in the order they were made. */
  rows(): readonly VmRecord[] {
    if (this.#rows?.revision !== this.revision)
      this.#rows = { revision: this.revision, rows: [...this.vms.values()] };
    return this.#rows.rows;
  }

  /** Says that a VM was told in an answer: addresses that are learned late come with it. */
  told(vm: VmRecord): void {
    if (vm.powerState !== 'ON' || vm.nics === undefined || !vm.nics.some((nic) => nic.learnedAfter)) return;
    const times = (this.#told.get(vm.extId) ?? 0) + 1;
    this.#told.set(vm.extId, times);
    if (!vm.nics.some((nic) => nic.learnedAfter === times)) return;
    const nics = vm.nics.map((nic) => {
      const { learnedAfter, ...shown } = nic;
      return learnedAfter !== undefined && learnedAfter <= times ? shown : nic;
    });
    this.#put(this.vms, { ...vm, nics, version: vm.version + 1 });
  }

  #names() {
    return {
      subnet: (id: string | undefined) => find(this.subnets, id, 'subnet').extId,
      cluster: (id: string | undefined) => find(this.clusters, id, 'cluster').extId,
      category: (key: string, value: string) => this.addCategory(key, value).extId,
    };
  }

  #put<T extends { readonly extId: string }>(map: Map<string, T>, record: T): T {
    map.set(record.extId, record);
    this.revision++;
    return record;
  }
}

/** By extId, else by name; the first one if none is named. */
function find<T extends { readonly extId: string; readonly name?: string }>(
  map: ReadonlyMap<string, T>,
  nameOrId: string | undefined,
  what: string,
): T {
  const found =
    nameOrId === undefined
      ? map.values().next().value
      : (map.get(nameOrId) ?? [...map.values()].find((one) => one.name === nameOrId));
  if (found === undefined) throw new Error(`the simulator has no ${what} ${nameOrId ?? 'at all'}`);
  return found;
}
