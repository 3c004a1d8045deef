/** What is kept of a VM, and how it is read from v4's and v3's rows. Pure; of foreign rows only what fits is taken. */
import { isIP } from 'node:net';
import { member } from './error.ts';

/** Which category keys mean something to us. */
export interface CategoryKeys {
  readonly service: string;
  readonly port?: string;
  readonly weight?: string;
}

export interface Nic {
  /** extId of its subnet, lower-case. */
  readonly subnet?: string;
  /** By the address management. */
  readonly assigned: readonly string[];
  /** By listening. */
  readonly learned: readonly string[];
}

export interface Vm {
  /** Lower-case UUID. */
  readonly id: string;
  /** As a person wrote it: not to be trusted in any way. */
  readonly name: string;
  /** `ON` is on; all else is not. */
  readonly power: string;
  /** Values of our categories, sorted, each once. */
  readonly services: readonly string[];
  readonly ports: readonly string[];
  readonly weights: readonly string[];
  /** extIds of categories of ours that are known no more. */
  readonly lost: readonly string[];
  /** Only those that are connected and carry requests. */
  readonly nics: readonly Nic[];
}

/** What the extId of a category means. */
export interface Tag {
  readonly kind: keyof CategoryKeys;
  readonly value: string;
}

/** Per VM and per NIC. */
const limits = { categories: 1000, nics: 64, addresses: 64, text: 256 } as const;

/** A row of v4's list. `lost`: extIds that used to mean something. Undefined when it is no VM. */
export function vmOfV4(
  row: unknown,
  tags: ReadonlyMap<string, Tag>,
  lost: ReadonlySet<string>,
): Vm | undefined {
  const id = idOf(member(row, 'extId'));
  if (id === undefined) return undefined;
  const ids = list(member(row, 'categories'), limits.categories).flatMap((each) => {
    const extId = idOf(member(each, 'extId'));
    return extId === undefined ? [] : [extId];
  });
  const values = (kind: keyof CategoryKeys) =>
    sorted(ids.flatMap((each) => (tags.get(each)?.kind === kind ? [tags.get(each)?.value ?? ''] : [])));
  return {
    id,
    name: text(member(row, 'name')),
    power: text(member(row, 'powerState')),
    services: values('service'),
    ports: values('port'),
    weights: values('weight'),
    lost: lost.size === 0 ? [] : sorted(ids.filter((each) => lost.has(each))),
    nics: list(member(row, 'nics'), limits.nics).flatMap(nicOfV4),
  };
}

function nicOfV4(nic: unknown): Nic[] {
  const backing = member(nic, 'nicBackingInfo') ?? member(nic, 'backingInfo');
  if (member(backing, 'isConnected') === false) return [];
  const newer = member(nic, 'nicNetworkInfo');
  const older = member(nic, 'networkInfo');
  // Of SR-IOV the newer form says the VLAN only.
  const says = ['subnet', 'ipv4Config', 'ipv4Info', 'ipv6Info'].some(
    (key) => member(newer, key) !== undefined,
  );
  const info = says ? newer : (older ?? newer);
  const type = text(member(info, 'nicType') ?? member(older, 'nicType'));
  if (type === 'SPAN_DESTINATION_NIC' || type === 'NETWORK_FUNCTION_NIC') return [];
  const subnet = idOf(member(member(info, 'subnet'), 'extId') ?? member(member(older, 'subnet'), 'extId'));
  const learned = [
    ...list(member(member(info, 'ipv4Info'), 'learnedIpAddresses'), limits.addresses),
    ...list(member(member(info, 'ipv6Info'), 'learnedIpv6Addresses'), limits.addresses),
  ];
  return [
    {
      ...(subnet === undefined ? {} : { subnet }),
      assigned: addresses([member(member(info, 'ipv4Config'), 'ipAddress')], 'value'),
      learned: addresses(learned, 'value'),
    },
  ];
}

/** An entity of v3's list. Undefined when it is no VM. */
export function vmOfV3(entity: unknown, keys: CategoryKeys): Vm | undefined {
  const metadata = member(entity, 'metadata');
  const id = idOf(member(metadata, 'uuid'));
  if (id === undefined) return undefined;
  const status = member(entity, 'status');
  const resources = member(status, 'resources');
  const all = member(metadata, 'categories_mapping');
  const one = member(metadata, 'categories');
  const values = (key: string | undefined): readonly string[] => {
    if (key === undefined) return [];
    const mapped = member(all, key);
    const found = Array.isArray(mapped) ? mapped : [member(one, key)];
    return sorted(found.slice(0, limits.categories).flatMap((each) => (isShort(each) ? [each] : [])));
  };
  return {
    id,
    name: text(member(status, 'name')),
    power: text(member(resources, 'power_state')),
    services: values(keys.service),
    ports: values(keys.port),
    weights: values(keys.weight),
    lost: [],
    nics: list(member(resources, 'nic_list'), limits.nics).flatMap(nicOfV3),
  };
}

function nicOfV3(nic: unknown): Nic[] {
  if (member(nic, 'is_connected') === false) return [];
  const type = text(member(nic, 'nic_type'));
  if (type === 'SPAN_DESTINATION_NIC' || type === 'NETWORK_FUNCTION_NIC') return [];
  const subnet = idOf(member(member(nic, 'subnet_reference'), 'uuid'));
  const endpoints = list(member(nic, 'ip_endpoint_list'), limits.addresses);
  const of = (assigned: boolean) =>
    addresses(
      endpoints.filter((each) => (member(each, 'type') === 'ASSIGNED') === assigned),
      'ip',
    );
  return [{ ...(subnet === undefined ? {} : { subnet }), assigned: of(true), learned: of(false) }];
}

function addresses(values: readonly unknown[], key: string): readonly string[] {
  return values.flatMap((each) => {
    const value = member(each, key);
    // A zone (`fe80::1%eth0`) is of the other machine.
    return typeof value === 'string' && isIP(value) !== 0 && !value.includes('%') ? [value] : [];
  });
}

/** A lower-case identifier; whatever else is there is none. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9A-Za-z-]{1,64}$/.test(value) ? value.toLowerCase() : undefined;
}

/** A list of at most `most`; anything else has no items. */
export function list(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** Text, cut short; anything else is empty. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, limits.text) : '';
}

/** An empty value is none, as in v4. */
function isShort(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= limits.text;
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
