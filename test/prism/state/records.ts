/** What the simulated Prism Central knows. Records are never changed: an update replaces them, so that answers can be kept. */

/** `$REDACTED` and `$UNKNOWN` are values any enum of the API may have. */
export type PowerState = 'ON' | 'OFF' | 'PAUSED' | 'UNDETERMINED' | '$REDACTED' | '$UNKNOWN';

export interface NicRecord {
  readonly extId: string;
  readonly mac: string;
  /** extId. */
  readonly subnet: string;
  readonly kind: 'virtual' | 'sriov';
  /** Which of the deprecated and the newer description are given; before v4.1 there is only the old one. */
  readonly blocks: 'both' | 'old' | 'new';
  readonly connected: boolean;
  /** Address by IPAM; stays while powered off. */
  readonly assigned?: string;
  readonly secondary?: readonly string[];
  readonly learned?: readonly string[];
  readonly learnedIpv6?: readonly string[];
  /** `learned` and `learnedIpv6` show only after the VM was told so many times. */
  readonly learnedAfter?: number;
}

export interface GuestToolsRecord {
  readonly installed: boolean;
  readonly reachable: boolean;
}

export interface VmRecord {
  readonly extId: string;
  readonly name: string;
  readonly description?: string;
  /** RFC 3339. */
  readonly createTime: string;
  readonly updateTime: string;
  readonly numSockets: number;
  readonly numCoresPerSocket: number;
  readonly memorySizeBytes: number;
  readonly powerState: PowerState;
  /** extIds. */
  readonly cluster: string;
  readonly host?: string;
  readonly project?: string;
  /** extIds; undefined when it has none. */
  readonly categories?: readonly string[];
  /** Undefined: the VM has no such field at all. */
  readonly nics?: readonly NicRecord[];
  readonly uefi?: boolean;
  readonly guestTools?: GuestToolsRecord;
  readonly customAttributes?: readonly string[];
  /** As it came in the body of the creation. */
  readonly guestCustomization?: unknown;
  readonly disks?: unknown;
  readonly generation: string;
  /** Grows with every change; the ETag is made of it. */
  readonly version: number;
}

export interface CategoryRecord {
  readonly extId: string;
  readonly key: string;
  readonly value: string;
  readonly type: 'USER' | 'SYSTEM' | 'INTERNAL';
  readonly description: string;
  readonly version: number;
}

export interface SubnetRecord {
  readonly extId: string;
  readonly name: string;
  /** extId of the VPC of an overlay subnet. */
  readonly vpc?: string;
  readonly vlan?: number;
  readonly cluster?: string;
  /** `10.20.30`: the first three numbers of its /24, when Prism Central gives out its addresses. */
  readonly managed?: string;
}

export interface VpcRecord {
  readonly extId: string;
  readonly name: string;
}

export interface ClusterRecord {
  readonly extId: string;
  readonly name: string;
}

export interface ImageRecord {
  readonly extId: string;
  readonly name: string;
  readonly sizeBytes: number;
}

/** extIds of everything else that answers name. */
export const fixedIds = {
  admin: '00000000-0000-0000-0000-000000000000',
  project: 'f33d30fb-12f1-4afa-b393-b195a259fcd6',
  host: '7b2f2f70-0f6a-4b58-9f9b-000000000020',
} as const;
