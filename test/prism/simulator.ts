/** A simulated Prism Central: everything put together, and what a test may do to it while it runs. */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { makeCertificates, type TlsVariant } from './certificates.ts';
import { noFaults, type PrismFaults } from './faults.ts';
import { type Account, Accounts } from './http/accounts.ts';
import { dispatcher } from './http/dispatch.ts';
import { type RecordedRequest, startServer } from './http/server.ts';
import { awkwardVms, plainFleet } from './state/fleet.ts';
import type { NewVm } from './state/new-vm.ts';
import type { CategoryRecord, PowerState, SubnetRecord, VmRecord, VpcRecord } from './state/records.ts';
import { Inventory, type VmChange } from './state/store.ts';
import { Tasks } from './state/tasks.ts';
import { type ProfileName, profiles } from './wire/profile.ts';

export type { PrismFaults } from './faults.ts';
export type { RecordedRequest } from './http/server.ts';
export type { NewNic, NewVm } from './state/new-vm.ts';
export type { VmRecord } from './state/records.ts';
export type { ProfileName } from './wire/profile.ts';

export interface PrismOptions {
  /** Default `pc.7.5`. */
  readonly profile?: ProfileName;
  /** Of 127.0.0.1; default any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default `good`. */
  readonly tls?: TlsVariant;
  /** Of tasks, sessions, keys and rates. Default the process's. */
  readonly clock?: Clock;
  /** Made up unless given. */
  readonly apiKey?: string;
  /** Default `admin`, with a made-up password. */
  readonly username?: string;
  readonly password?: string;
  readonly faults?: Partial<PrismFaults>;
  /** Made in this order. There is one subnet, `vlan173`, and one cluster, `ahv-01`; more can be added. */
  readonly vms?: readonly NewVm[];
}

export interface PrismSimulator extends AsyncDisposable {
  /** `https://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly port: number;
  /** PEM of the throw-away CA. */
  readonly ca: string;
  /** Of the server's certificate: `sha256:<hex>`. */
  readonly fingerprint: string;
  readonly apiKey: string;
  readonly username: string;
  readonly password: string;
  /** The newest ten thousand requests, oldest first; may be emptied. */
  readonly requests: RecordedRequest[];
  /** Switches; may be set at any time, and hold from the next request. */
  readonly faults: PrismFaults;
  readonly inventory: Inventory;

  addVm(vm: NewVm): VmRecord;
  /** VMs are named by name or extId here and below; of several of one name the first is meant. */
  updateVm(vm: string, change: VmChange): VmRecord;
  removeVm(vm: string): void;
  /** Gives a VM a category, which is made if need be; other values of the key stay. */
  tag(vm: string, key: string, value: string): void;
  /** Takes a value of the key away, or all of them. */
  untag(vm: string, key: string, value?: string): void;
  setPower(vm: string, power: PowerState): void;
  addCategory(key: string, value: string): CategoryRecord;
  /** The category keeps its extId. */
  renameValue(key: string, from: string, to: string): void;
  /** `vpc` by name or extId. */
  addSubnet(name: string, options?: { readonly vpc?: string; readonly managed?: string }): SubnetRecord;
  addVpc(name: string): VpcRecord;
  /** So many plain VMs, `TraefikServiceName` one of `services` (default 10) values `service-N`, one of them each. */
  fleet(count: number, services?: number): void;
  /** One VM of every awkward kind, all with `TraefikServiceName: orders` unless that is what is awkward. */
  awkwardFleet(): void;
  /** Another API key, which may see less. */
  addKey(key: string, account?: Omit<Account, 'name'>): void;
  /** From now on the key is refused. */
  expireKey(key?: string): void;
}

/** Starts one. Nothing of it outlives its disposal. */
export async function startPrismSimulator(options: PrismOptions = {}): Promise<PrismSimulator> {
  const { clock = systemClock, username = 'admin', host = '127.0.0.1' } = options;
  const apiKey = options.apiKey ?? randomBytes(24).toString('base64url');
  const password = options.password ?? randomBytes(12).toString('base64url');
  const certificates = await makeCertificates(options.tls ?? 'good');
  const inventory = new Inventory(clock);
  const faults: PrismFaults = { ...noFaults(), ...options.faults };
  const accounts = new Accounts(clock);
  accounts.keys.set(apiKey, { name: 'key' });
  accounts.users.set(username, { password, account: { name: username } });
  const central = {
    profile: profiles[options.profile ?? 'pc.7.5'],
    inventory,
    tasks: new Tasks(clock),
    faults,
    replays: new Map<string, string>(),
  };
  for (const vm of options.vms ?? []) inventory.addVm(vm);
  const server = await startServer({
    central,
    dispatch: dispatcher(central, accounts),
    certificates,
    clock,
    port: options.port ?? 0,
    host,
  });
  return {
    url: `https://${host}:${server.port}`,
    port: server.port,
    ca: certificates.ca,
    fingerprint: certificates.fingerprint,
    apiKey,
    username,
    password,
    requests: server.requests,
    faults,
    inventory,
    addVm: (vm) => inventory.addVm(vm),
    updateVm: (vm, change) => inventory.changeVm(vm, change),
    removeVm: (vm) => inventory.removeVm(vm),
    tag(vm, key, value) {
      inventory.setCategories(vm, [inventory.addCategory(key, value).extId], []);
    },
    untag(vm, key, value) {
      const gone = [...inventory.categories.values()].filter(
        (one) => one.key === key && (value === undefined || one.value === value),
      );
      inventory.setCategories(
        vm,
        [],
        gone.map((one) => one.extId),
      );
    },
    setPower(vm, power) {
      inventory.setPower(vm, power);
    },
    addCategory: (key, value) => inventory.addCategory(key, value),
    renameValue(key, from, to) {
      const category = inventory.category(key, from);
      if (category === undefined) throw new Error(`the simulator has no category ${key}: ${from}`);
      inventory.changeCategory(category.extId, { value: to });
    },
    addSubnet: (name, more) => inventory.addSubnet(name, more),
    addVpc: (name) => inventory.addVpc(name),
    fleet(count, services = 10) {
      for (const vm of plainFleet(count, services)) inventory.addVm(vm);
    },
    awkwardFleet() {
      inventory.addSubnet('vlan77', { extId: '34c596ab-37fe-4739-a961-5e5cad79bb99', vlan: 77 });
      inventory.addCluster('ahv-02');
      for (const vm of awkwardVms()) inventory.addVm(vm);
    },
    addKey(key, account = {}) {
      accounts.keys.set(key, { name: key, ...account });
    },
    expireKey(key = apiKey) {
      const account = accounts.keys.get(key);
      if (account !== undefined) account.expiresAt = clock.now();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
