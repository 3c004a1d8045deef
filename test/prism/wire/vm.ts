/** A VM as each release writes it. */
import { fixedIds, type NicRecord, type VmRecord } from '../state/records.ts';
import { commonRevision, type Profile, revision, typed } from './profile.ts';

const vmm = 'vmm.v4.ahv.config';

/** How the fields that nobody could verify are written. */
export interface VmShape {
  readonly profile: Profile;
  /** Of `ipv4Config.ipAddress`; undefined leaves it out. */
  readonly prefixLength: number | undefined;
  /** Whether a GET shows what a VM was customised with. */
  readonly echoGuestCustomization: boolean;
}

/** The VM without `links`, which only a single VM's answer has. */
export function wireVm(vm: VmRecord, shape: VmShape): Record<string, unknown> {
  const { profile } = shape;
  const fv = revision(profile, 'vmm');
  const minor = profile.minors.vmm;
  const object = (name: string, members: object) => typed(fv, `${vmm}.${name}`, members);
  const reference = (name: string, extId: string) => object(name, { extId });
  return object('Vm', {
    extId: vm.extId,
    name: vm.name,
    description: vm.description,
    createTime: vm.createTime,
    updateTime: vm.updateTime,
    numSockets: vm.numSockets,
    numCoresPerSocket: vm.numCoresPerSocket,
    numThreadsPerCore: 1,
    numNumaNodes: 0,
    memorySizeBytes: vm.memorySizeBytes,
    isVcpuHardPinningEnabled: false,
    isCpuPassthroughEnabled: false,
    isMemoryOvercommitEnabled: false,
    isGpuConsoleEnabled: false,
    isVgaConsoleEnabled: true,
    machineType: 'PC',
    powerState: vm.powerState,
    hardwareClockTimezone: 'UTC',
    isBrandingEnabled: true,
    isAgentVm: false,
    isCrossClusterMigrationInProgress: false,
    biosUuid: vm.extId,
    generationUuid: vm.generation,
    cluster: reference('ClusterReference', vm.cluster),
    project: minor >= 1 && vm.project !== undefined ? reference('ProjectReference', vm.project) : undefined,
    ownershipInfo: object('OwnershipInfo', { owner: reference('OwnerReference', fixedIds.admin) }),
    bootConfig: vm.uefi
      ? object('UefiBoot', { isSecureBootEnabled: false })
      : object('LegacyBoot', { bootOrder: ['CDROM', 'DISK', 'NETWORK'] }),
    apcConfig: object('ApcConfig', { isApcEnabled: false }),
    vtpmConfig: object('VtpmConfig', { isVtpmEnabled: false }),
    protectionType: 'UNPROTECTED',
    customAttributes: minor >= 2 ? vm.customAttributes : undefined,
    categories: vm.categories?.map((extId) => reference('CategoryReference', extId)),
    nics: vm.nics?.map((nic) => wireNic(nic, shape)),
    host: vm.host === undefined ? undefined : reference('HostReference', vm.host),
    guestTools:
      vm.guestTools === undefined
        ? undefined
        : object('GuestTools', {
            isInstalled: vm.guestTools.installed,
            isEnabled: vm.guestTools.installed,
            isIsoInserted: false,
            isReachable: vm.guestTools.reachable,
            version: '4.1',
            availableVersion: '4.1',
            guestOsVersion: 'linux:64:Ubuntu-24.04',
            capabilities: ['VSS_SNAPSHOT'],
          }),
    guestCustomization: shape.echoGuestCustomization ? vm.guestCustomization : undefined,
    disks: vm.disks,
  });
}

/** Before v4.1 a card has the old description only; a card of SR-IOV has no addresses in the newer one. */
export function wireNic(nic: NicRecord, shape: VmShape): Record<string, unknown> {
  const fv = revision(shape.profile, 'vmm');
  const object = (name: string, members: object) => typed(fv, `${vmm}.${name}`, members);
  const newer = shape.profile.minors.vmm >= 1;
  const old = !newer || nic.blocks !== 'new';
  const also = newer && nic.blocks !== 'old';
  const sriov = nic.kind === 'sriov';
  const subnet = object('SubnetReference', { extId: nic.subnet });
  const addresses = wireAddresses(nic, shape, false);
  return object('Nic', {
    extId: nic.extId,
    backingInfo: old
      ? object('EmulatedNic', {
          isConnected: nic.connected,
          macAddress: nic.mac,
          model: 'VIRTIO',
          numQueues: 1,
        })
      : undefined,
    networkInfo: old
      ? object('NicNetworkInfo', {
          nicType: sriov ? 'DIRECT_NIC' : 'NORMAL_NIC',
          subnet,
          vlanMode: 'ACCESS',
          shouldAllowUnknownMacs: false,
          ...addresses,
        })
      : undefined,
    nicBackingInfo: also
      ? sriov
        ? object('SriovNic', { isConnected: nic.connected, macAddress: nic.mac })
        : object('VirtualEthernetNic', {
            isConnected: nic.connected,
            macAddress: nic.mac,
            model: 'VIRTIO',
            numQueues: 1,
          })
      : undefined,
    nicNetworkInfo: also
      ? sriov
        ? object('SriovNicNetworkInfo', { vlanId: 173 })
        : object('VirtualEthernetNicNetworkInfo', {
            nicType: 'NORMAL_NIC',
            subnet,
            vlanMode: 'ACCESS',
            shouldAllowUnknownMacs: false,
            ...wireAddresses(nic, shape, true),
          })
      : undefined,
  });
}

/** IPv6 is in the newer description only. */
function wireAddresses(nic: NicRecord, shape: VmShape, newer: boolean): Record<string, unknown> {
  const fv = revision(shape.profile, 'vmm');
  const object = (name: string, members: object) => typed(fv, `${vmm}.${name}`, members);
  const ipv4 = (value: string, prefixLength: number | undefined = 32) =>
    typed(commonRevision, 'common.v1.config.IPv4Address', { value, prefixLength });
  const ipv6 = (value: string) =>
    typed(commonRevision, 'common.v1.config.IPv6Address', { value, prefixLength: 128 });
  const late = (nic.learnedAfter ?? 0) > 0;
  const learned = late ? [] : (nic.learned ?? []);
  const learnedIpv6 = late ? [] : (nic.learnedIpv6 ?? []);
  const out: Record<string, unknown> = {};
  if (nic.assigned !== undefined) {
    const { prefixLength } = shape;
    out['ipv4Config'] = object('Ipv4Config', {
      shouldAssignIp: true,
      ipAddress: typed(commonRevision, 'common.v1.config.IPv4Address', {
        value: nic.assigned,
        prefixLength,
      }),
      secondaryIpAddressList: nic.secondary?.map((address) => ipv4(address)),
    });
  }
  if (learned.length > 0)
    out['ipv4Info'] = object('Ipv4Info', { learnedIpAddresses: learned.map((address) => ipv4(address)) });
  if (newer && learnedIpv6.length > 0)
    out['ipv6Info'] = object('Ipv6Info', { learnedIpv6Addresses: learnedIpv6.map(ipv6) });
  return out;
}
