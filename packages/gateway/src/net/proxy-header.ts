/**
 * Reads the PROXY protocol's header, both versions (haproxy.org proxy-protocol.txt, 2020-03-05): who the client of the
 * proxy before us is. Pure; reads nothing beyond the header.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { canonicalIpv6 } from './ipv6-text.ts';
import { checkTlvs } from './proxy-tlvs.ts';

/** An address that a header announces. IPv4-mapped IPv6 is written as IPv4. */
export interface AnnouncedAddress {
  readonly address: string;
  readonly port: number;
}

/** What a header says: nothing when `client` is undefined (LOCAL, UNKNOWN, a socket that is not TCP): the peer's own address counts. */
export interface ProxyHeader {
  /** Bytes of the header: what follows is the client's. */
  readonly length: number;
  readonly client: AnnouncedAddress | undefined;
  /** Where the client connected to. */
  readonly destination: AnnouncedAddress | undefined;
}

/** `more`: a header that is not whole yet, or nothing yet. `none`: the first bytes are no header. Else why it is refused. */
export type ProxyRead = ProxyHeader | 'more' | 'none' | { readonly malformed: string };

/** Longest header that is read: version 1 has 107 bytes at most, version 2 is as long as its TLVs, which need far less. */
export const mostHeaderBytes = 8192;
const mostLineBytes = 107;
const line = Buffer.from('PROXY ', 'latin1');
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const fixedBytes = 16;

/** What the bytes that came first are; `buffer` holds all that came so far. */
export function readProxyHeader(buffer: Buffer): ProxyRead {
  if (startsWith(buffer, signature)) return buffer.length < fixedBytes ? 'more' : binary(buffer);
  if (startsWith(buffer, line)) return buffer.length < line.length ? 'more' : text(buffer);
  return 'none';
}

/** As far as `buffer` goes. */
function startsWith(buffer: Buffer, start: Buffer): boolean {
  const length = Math.min(buffer.length, start.length);
  return buffer.compare(start, 0, length, 0, length) === 0;
}

function text(buffer: Buffer): ProxyRead {
  const end = buffer.subarray(0, mostLineBytes).indexOf('\r\n');
  if (end < 0) {
    const stray = buffer.subarray(0, Math.min(buffer.length - 1, mostLineBytes)).indexOf('\r') >= 0;
    if (stray || buffer.includes('\n')) return malformed('the line must end with CR LF');
    return buffer.length < mostLineBytes
      ? 'more'
      : malformed(`want a line of at most ${mostLineBytes} bytes`);
  }
  const length = end + 2;
  const [family, source = '', destination = '', sourcePort = '', port = '', ...more] = buffer
    .toString('latin1', line.length, end)
    .split(' ');
  // Whatever follows UNKNOWN is to be ignored.
  if (family === 'UNKNOWN') return { length, client: undefined, destination: undefined };
  const is = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIpv6 : undefined;
  if (is === undefined) return malformed('want TCP4, TCP6 or UNKNOWN');
  if (more.length > 0 || !is(source) || !is(destination) || !isPort(sourcePort) || !isPort(port))
    return malformed(`want two addresses and two ports of ${family}`);
  return {
    length,
    client: { address: canonical(source), port: Number(sourcePort) },
    destination: { address: canonical(destination), port: Number(port) },
  };
}

function binary(buffer: Buffer): ProxyRead {
  const versionAndCommand = buffer[12] as number;
  if (versionAndCommand >> 4 !== 2) return malformed(`want version 2, got ${versionAndCommand >> 4}`);
  const command = versionAndCommand & 15;
  if (command > 1) return malformed('want the command LOCAL or PROXY');
  const length = fixedBytes + buffer.readUInt16BE(14);
  if (length > mostHeaderBytes) return malformed(`want at most ${mostHeaderBytes} bytes, got ${length}`);
  if (buffer.length < length) return 'more';
  const header = buffer.subarray(0, length);
  const family = (buffer[13] as number) >> 4;
  const transport = (buffer[13] as number) & 15;
  if (family > 3 || transport > 2) return malformed('an address family or protocol that does not exist');
  const addressBytes = addresses[family] as number;
  if (length < fixedBytes + addressBytes) return malformed('it is too short for its addresses');
  const why = checkTlvs(header, fixedBytes + addressBytes);
  if (why !== undefined) return malformed(why);
  // LOCAL: the proxy speaks for itself. UNIX sockets and datagrams have no address that would mean anything here.
  if (command === 0 || transport !== 1 || (family !== 1 && family !== 2))
    return { length, client: undefined, destination: undefined };
  const width = family === 1 ? 4 : 16;
  const ports = fixedBytes + 2 * width;
  return {
    length,
    client: { address: addressAt(header, fixedBytes, width), port: header.readUInt16BE(ports) },
    destination: {
      address: addressAt(header, fixedBytes + width, width),
      port: header.readUInt16BE(ports + 2),
    },
  };
}

/** Bytes of the addresses of AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX. */
const addresses = [0, 12, 36, 216];

function addressAt(header: Buffer, at: number, width: number): string {
  if (width === 4) return header.subarray(at, at + 4).join('.');
  const groups: string[] = [];
  for (let i = at; i < at + width; i += 2) groups.push(header.readUInt16BE(i).toString(16));
  return canonicalIpv6(groups.join(':'));
}

function canonical(address: string): string {
  return address.includes(':') ? canonicalIpv6(address) : address;
}

function isPlainIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65535;
}

function malformed(why: string): { readonly malformed: string } {
  return { malformed: why };
}
