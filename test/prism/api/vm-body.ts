/** The body that makes a VM: what it must hold, and the VM that becomes of it. */
import type { NewNic, NewVm } from '../state/new-vm.ts';
import { schemaError } from '../wire/errors.ts';
import type { Central } from './central.ts';

const config = 'vmm.v4.ahv.config';
/** AHV's limit on user-data. */
const maxUserData = 32 * 1024;

type Json = { readonly [name: string]: unknown };

export interface VmBody {
  readonly name: string;
  readonly description?: string;
  readonly json: Json;
  readonly guestCustomization?: unknown;
}

/** Throws a schema error for what Prism Central would refuse. */
export function readVmBody(body: unknown, central: Central, options: { exists?: boolean } = {}): VmBody {
  const json = object(body, 'body', '');
  const { name, description, guestCustomization } = json;
  if (typeof name !== 'string' || name === '' || name.length > 80)
    throw wrong('name', 'Object has missing required properties (["name"])');
  if (!options.exists) {
    if (json['powerState'] === 'ON' && central.faults.refusesPoweredOn)
      throw wrong('powerState', 'A VM is created powered off');
    if (typeof object(json['cluster'], 'cluster', 'cluster')['extId'] !== 'string')
      throw wrong('cluster.extId', 'Object has missing required properties (["extId"])');
  }
  for (const nic of list(json['nics'])) checkNic(object(nic, 'nics', 'nics'));
  if (guestCustomization !== undefined) checkCustomization(guestCustomization, central);
  return {
    name,
    json,
    ...(typeof description === 'string' ? { description } : {}),
    ...(guestCustomization === undefined ? {} : { guestCustomization }),
  };
}

/** Throws what the task fails of. */
export function newVmOf({ name, description, json }: VmBody, extId: string, central: Central): NewVm {
  const { inventory } = central;
  const cluster = String((json['cluster'] as Json)['extId']);
  if (!inventory.clusters.has(cluster)) throw new Error(`Could not find cluster ${cluster}.`);
  const categoryIds = list(json['categories']).map((one) => String((one as Json)['extId']));
  const unknown = categoryIds.find((id) => !inventory.categories.has(id));
  if (unknown !== undefined) throw new Error(`Could not resolve category reference ${unknown}.`);
  for (const disk of list(json['disks'])) checkImage(disk, central);
  const { numSockets, memorySizeBytes } = json;
  return {
    name,
    extId,
    power: 'OFF',
    cluster,
    categoryIds,
    nics: list(json['nics']).map((nic) => newNic(nic as Json, central)),
    uefi: (json['bootConfig'] as Json | undefined)?.['$objectType'] === `${config}.UefiBoot`,
    ...(description === undefined ? {} : { description }),
    ...(typeof numSockets === 'number' ? { sockets: numSockets } : {}),
    ...(typeof memorySizeBytes === 'number' ? { memoryBytes: memorySizeBytes } : {}),
  };
}

function checkImage(disk: unknown, central: Central): void {
  const backing = (disk as Json)['backingInfo'] as Json | undefined;
  const reference = (backing?.['dataSource'] as Json | undefined)?.['reference'] as Json | undefined;
  const image = reference?.['imageExtId'];
  if (image !== undefined && !central.inventory.images.has(String(image)))
    throw new Error(`Could not find image ${String(image)}.`);
}

/** A managed subnet gives an address at once, another one has it learned once the VM runs. */
function newNic(nic: Json, central: Central): NewNic {
  const info = (nic['nicNetworkInfo'] ?? nic['networkInfo']) as Json;
  const subnet = String((info['subnet'] as Json)['extId']);
  const record = central.inventory.subnets.get(subnet);
  if (record === undefined) throw new Error(`Could not find subnet ${subnet}.`);
  const wanted = ((info['ipv4Config'] as Json | undefined)?.['ipAddress'] as Json | undefined)?.['value'];
  if (typeof wanted === 'string') return { subnet, assigned: wanted };
  if (record.managed !== undefined) return { subnet, assigned: freeAddress(record.managed, central) };
  return { subnet, learned: [freeAddress('192.168.77', central)], learnedAfter: 2 };
}

function freeAddress(prefix: string, central: Central): string {
  const taken = new Set(
    central.inventory
      .rows()
      .flatMap((vm) => vm.nics ?? [])
      .flatMap((nic) => [nic.assigned, ...(nic.learned ?? [])]),
  );
  for (let last = 50; last < 255; last++) {
    const address = `${prefix}.${last}`;
    if (!taken.has(address)) return address;
  }
  throw new Error(`No free IP address in ${prefix}.0/24.`);
}

function checkNic(nic: Json): void {
  const newer = nic['nicNetworkInfo'] as Json | undefined;
  if (newer !== undefined && typeof newer['$objectType'] !== 'string')
    throw wrong('nics.nicNetworkInfo', 'Instance failed to match exactly one schema: $objectType is missing');
  const subnet = (newer ?? (nic['networkInfo'] as Json | undefined))?.['subnet'] as Json | undefined;
  if (typeof subnet?.['extId'] !== 'string')
    throw wrong('nics.networkInfo.subnet', 'Object has missing required properties (["extId"])');
}

function checkCustomization(given: unknown, central: Central): void {
  const at = 'guestCustomization.config';
  const cloudInit = object(object(given, at, at)['config'], at, at);
  const type = cloudInit['$objectType'];
  if (type === `${config}.Sysprep`) return;
  if (type !== `${config}.CloudInit`) throw wrong(at, '$objectType must be CloudInit or Sysprep');
  const source = cloudInit['datasourceType'];
  if (source !== undefined && source !== 'CONFIG_DRIVE_V2')
    throw wrong(`${at}.datasourceType`, `${String(source)} is not one of ["CONFIG_DRIVE_V2"]`);
  const script = cloudInit['cloudInitScript'] as Json | undefined;
  if (script === undefined || script['$objectType'] === `${config}.CustomKeyValues`) return;
  if (script['$objectType'] !== `${config}.Userdata`)
    throw wrong(`${at}.cloudInitScript`, '$objectType must be Userdata or CustomKeyValues');
  const { value } = script;
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value))
    throw wrong(`${at}.cloudInitScript.value`, 'must be base64');
  const userData = Buffer.from(value, 'base64');
  if (userData.length > maxUserData)
    throw wrong(`${at}.cloudInitScript.value`, `User data is larger than ${maxUserData} bytes`);
  const plain = userData.toString().startsWith('#cloud-config');
  if (central.profile.minors.vmm >= 1 && central.faults.cloudConfigOnly && !plain)
    throw wrong(`${at}.cloudInitScript.value`, 'User data must begin with #cloud-config');
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function object(value: unknown, location: string, attribute: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw schemaError(
    `body.${location}`,
    attribute,
    'Instance type does not match any allowed type (allowed: ["object"])',
  );
}

const wrong = (attribute: string, message: string) => schemaError(`body.${attribute}`, attribute, message);
