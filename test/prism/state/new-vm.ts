/** A VM as a test describes it, and the record that becomes of it. */
import { createHash } from 'node:crypto';
import { fixedIds, type NicRecord, type PowerState, type VmRecord } from './records.ts';

/** A network card; without addresses it has none. */
export interface NewNic {
  readonly extId?: string;
  readonly mac?: string;
  /** Name or extId of a subnet; the first one unless given. */
  readonly subnet?: string;
  /** Default `virtual`. */
  readonly kind?: 'virtual' | 'sriov';
  /** Default `both`. */
  readonly blocks?: 'both' | 'old' | 'new';
  /** Default true. */
  readonly connected?: boolean;
  readonly assigned?: string;
  readonly secondary?: readonly string[];
  readonly learned?: readonly string[];
  readonly learnedIpv6?: readonly string[];
  /** `learned` shows only after the VM was told so many times. */
  readonly learnedAfter?: number;
}

export interface NewVm {
  readonly name: string;
  /** A UUID; made up unless given. */
  readonly extId?: string;
  readonly description?: string;
  /** Default `ON`. */
  readonly power?: PowerState;
  /** Name or extId of a cluster; the first one unless given. */
  readonly cluster?: string;
  readonly host?: string;
  /** Short for one card of the first subnet with this assigned address. */
  readonly address?: string;
  /** `null`: no such field in the answer. */
  readonly nics?: readonly NewNic[] | null;
  /** Key to value or values; categories that do not exist are made. */
  readonly categories?: Readonly<Record<string, string | readonly string[]>>;
  /** extIds as they are, of categories that need not exist. */
  readonly categoryIds?: readonly string[];
  readonly sockets?: number;
  readonly memoryBytes?: number;
  readonly uefi?: boolean;
  readonly guestTools?: { readonly installed?: boolean; readonly reachable?: boolean };
  readonly project?: string;
  readonly customAttributes?: readonly string[];
  readonly createTime?: string;
  readonly updateTime?: string;
}

/** What names stand for. */
export interface Names {
  readonly subnet: (nameOrId: string | undefined) => string;
  readonly cluster: (nameOrId: string | undefined) => string;
  readonly category: (key: string, value: string) => string;
}

/** A UUID that is the same for the same text, so that runs can be compared. */
export function stableId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16] as string, 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** `time`: RFC 3339, now. `serial` keeps made-up ids apart. */
export function vmRecord(vm: NewVm, names: Names, serial: number, time: string): VmRecord {
  const extId = vm.extId ?? stableId(`vm ${serial} ${vm.name}`);
  const power = vm.power ?? 'ON';
  const cards = vm.nics === undefined ? [vm.address === undefined ? {} : { assigned: vm.address }] : vm.nics;
  const categories = [
    ...Object.entries(vm.categories ?? {}).flatMap(([key, values]) =>
      (typeof values === 'string' ? [values] : values).map((value) => names.category(key, value)),
    ),
    ...(vm.categoryIds ?? []),
  ];
  const host = vm.host ?? (power === 'OFF' ? undefined : fixedIds.host);
  return {
    extId,
    name: vm.name,
    ...(vm.description === undefined ? {} : { description: vm.description }),
    createTime: vm.createTime ?? time,
    updateTime: vm.updateTime ?? time,
    numSockets: vm.sockets ?? 2,
    numCoresPerSocket: 1,
    memorySizeBytes: vm.memoryBytes ?? 4 * 1024 ** 3,
    powerState: power,
    cluster: names.cluster(vm.cluster),
    ...(host === undefined ? {} : { host }),
    ...(vm.project === undefined ? {} : { project: vm.project }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(cards === null ? {} : { nics: cards.map((nic, index) => nicRecord(nic, names, extId, index)) }),
    ...(vm.uefi === true ? { uefi: true } : {}),
    ...(vm.guestTools === undefined
      ? {}
      : {
          guestTools: {
            installed: vm.guestTools.installed ?? true,
            reachable: vm.guestTools.reachable ?? true,
          },
        }),
    ...(vm.customAttributes === undefined ? {} : { customAttributes: vm.customAttributes }),
    generation: stableId(`generation ${extId}`),
    version: 1,
  };
}

function nicRecord(nic: NewNic, names: Names, vm: string, index: number): NicRecord {
  const { subnet, extId, mac, kind = 'virtual', blocks = 'both', connected = true, ...addresses } = nic;
  return {
    extId: extId ?? stableId(`nic ${vm} ${index}`),
    mac: mac ?? madeUpMac(`${vm} ${index}`),
    subnet: names.subnet(subnet),
    kind,
    blocks,
    connected,
    ...addresses,
  };
}

/** Under Nutanix's prefix. */
function madeUpMac(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `50:6b:8d:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}
