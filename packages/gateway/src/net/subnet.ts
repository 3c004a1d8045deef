/** The subnet that an address lies in. */
import { parseCidr } from './cidr.ts';
import { canonicalIpv6 } from './ipv6-text.ts';

/** The first address of the IPv6 subnet of `bits` that `address` lies in; whatever is no IPv6 address stays as it is. */
export function subnetOf(address: string, bits: number): string {
  if (!address.includes(':')) return address;
  const subnet = parseCidr(address);
  if (subnet === undefined || subnet.ipv4 || address.includes('/')) return address;
  const groups: string[] = [];
  for (const [i, word] of subnet.words.entries()) {
    const kept = bits - 32 * i;
    const masked = kept >= 32 ? word : kept <= 0 ? 0 : (word & (0xffffffff << (32 - kept))) >>> 0;
    groups.push((masked >>> 16).toString(16), (masked & 0xffff).toString(16));
  }
  return canonicalIpv6(groups.join(':'));
}
