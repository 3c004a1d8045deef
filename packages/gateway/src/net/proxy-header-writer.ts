/** Writes the PROXY protocol's header, to tell an endpoint whose request comes on a connection. */
import { isIPv4 } from 'node:net';
import { parseCidr } from './cidr.ts';

/** The two ends of a client's connection, as IP literals. */
export interface ConnectionEnds {
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** The header of `version`; without `ends` the one that says that the connection is the gateway's own (a health check). */
export function proxyHeader(version: 1 | 2, ends: ConnectionEnds | undefined): Buffer {
  return version === 1 ? Buffer.from(line(ends), 'latin1') : binary(ends);
}

function line(ends: ConnectionEnds | undefined): string {
  if (ends === undefined) return 'PROXY UNKNOWN\r\n';
  const ipv4 = isIPv4(ends.peerAddress) && isIPv4(ends.localAddress);
  // Both addresses are of one family: an IPv4 address beside an IPv6 one is written as mapped.
  const written = (address: string) => (ipv4 || !isIPv4(address) ? address : `::ffff:${address}`);
  const family = ipv4 ? 'TCP4' : 'TCP6';
  return `PROXY ${family} ${written(ends.peerAddress)} ${written(ends.localAddress)} ${ends.peerPort} ${ends.localPort}\r\n`;
}

function binary(ends: ConnectionEnds | undefined): Buffer {
  // Version 2; LOCAL is command 0 and has no addresses.
  if (ends === undefined) return Buffer.concat([signature, Buffer.from([0x20, 0x00, 0, 0])]);
  const ipv4 = isIPv4(ends.peerAddress) && isIPv4(ends.localAddress);
  const addresses = [ends.peerAddress, ends.localAddress].map((address) => bytesOf(address, ipv4));
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(ends.peerPort, 0);
  ports.writeUInt16BE(ends.localPort, 2);
  const head = Buffer.from([0x21, ipv4 ? 0x11 : 0x21, 0, ipv4 ? 12 : 36]);
  return Buffer.concat([signature, head, ...addresses, ports]);
}

function bytesOf(address: string, ipv4: boolean): Buffer {
  if (isIPv4(address)) {
    const four = address.split('.').map(Number);
    return Buffer.from(ipv4 ? four : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...four]);
  }
  const bytes = Buffer.alloc(16);
  for (const [i, word] of (parseCidr(address)?.words ?? []).entries()) bytes.writeUInt32BE(word, 4 * i);
  return bytes;
}
