/** Which address of a VM is its endpoint's. Pure. */
import { BlockList, isIP } from 'node:net';
import type { Nic } from './api/vm.ts';

/** Addresses that lead somewhere else than to the VM: this machine, the link, everybody, nobody. */
const unusable4 = new BlockList();
/** A list of its own: in one with both, IPv4 in IPv6 stands for all of IPv4. */
const unusable6 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  unusable4.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 96],
  // IPv4 in IPv6, which is IPv4 and would go past the list above.
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  unusable6.addSubnet(net, bits, 'ipv6');
}

/** Whether an address, or a host such as `[::1]` or `localhost`, is this machine. */
export function isLoopback(host: string): boolean {
  return /^127\.|^(?:\[::1\]|::1|localhost)$/.test(host);
}

/** Whether requests can be sent to it; to this machine only if `loopback` says so. */
export function isUsable(address: string, loopback: boolean): boolean {
  const family = isIP(address);
  if (isLoopback(address)) return loopback;
  if (family === 4) return !unusable4.check(address, 'ipv4');
  return family === 6 && !unusable6.check(address, 'ipv6');
}

export interface AddressChoice {
  /** Canonical; absent when there is none. */
  readonly address?: string;
  /** There are addresses, on networks that do not count. */
  readonly outside: boolean;
}

export interface AddressRules {
  readonly prefer: 'ipv4' | 'ipv6';
  /** Whether an address may be this machine's: a Prism Central on it is a simulated one, and so are its VMs. */
  readonly loopback: boolean;
  /** Whether a NIC on this subnet counts. */
  readonly allows: (subnet: string | undefined) => boolean;
}

/**
 * The preferred kind first; of one kind an assigned address before a learned one. A NIC with an assigned address has no
 * learned ones: those are of containers and the like. `before`, its address so far, stays while it is as good as any:
 * what is learned comes in changing order.
 */
export function chooseAddress(nics: readonly Nic[], rules: AddressRules, before?: string): AddressChoice {
  const usable = (address: string): boolean => isUsable(address, rules.loopback);
  const allowed = nics.filter(({ subnet }) => rules.allows(subnet));
  const families = rules.prefer === 'ipv4' ? [4, 6] : [6, 4];
  for (const family of families) {
    for (const kind of ['assigned', 'learned'] as const) {
      const candidates = allowed
        .filter(({ assigned }) => kind === 'assigned' || family === 6 || !assigned.some(usable))
        .flatMap((nic) => nic[kind])
        .filter((each) => isIP(each) === family && usable(each))
        .map(canonical);
      const stays = candidates.find((each) => each === before);
      const address = stays ?? candidates[0];
      if (address !== undefined) return { address, outside: false };
    }
  }
  const some = ({ assigned, learned }: Nic) => assigned.some(usable) || learned.some(usable);
  return { outside: nics.some(some) && !allowed.some(some) };
}

/** One spelling for each address. */
function canonical(address: string): string {
  if (isIP(address) === 4) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
