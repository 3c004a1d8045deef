/** The one spelling of an IPv6 address (RFC 5952); IPv4-mapped ones as the IPv4 address they stand for. */
import { SocketAddress } from 'node:net';

/** `address` is a valid IPv6 address without zone. */
export function canonicalIpv6(address: string): string {
  const text = new SocketAddress({ address, family: 'ipv6' }).address;
  return text.startsWith('::ffff:') && text.includes('.') ? text.slice(7) : text;
}
