/** IP addresses and CIDR ranges compared as numbers; IPv4-mapped IPv6 counts as the IPv4 address it stands for. */
import { isIP } from 'node:net';
import { FicusError } from '@ficus/common/errors.ts';

/** A range: `words` masked by `masks`; an address of the other family is never inside. */
export interface Cidr {
  readonly ipv4: boolean;
  /** Four 32-bit words; IPv4 only uses the last. */
  readonly words: Uint32Array;
  readonly masks: Uint32Array;
}

interface Address {
  ipv4: boolean;
  readonly words: Uint32Array;
}

/** `address` or `address/bits`; host bits below the prefix are ignored. Undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address: Address = { ipv4: false, words: new Uint32Array(4) };
  const literal = slash < 0 ? text : text.slice(0, slash);
  if (!readAddress(literal, address)) return undefined;
  const width = literal.includes(':') ? 128 : 32;
  const digits = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits)) return undefined;
  const bits = Number(digits);
  if (bits > width) return undefined;
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8; a mapped address under a shorter prefix is a range of plain IPv6.
  const mapped = address.ipv4 && width === 128;
  if (mapped && bits < 96) {
    address.ipv4 = false;
    address.words[2] = 0xffff;
  }
  const prefix = address.ipv4 ? (mapped ? bits : bits + 96) : bits;
  const masks = Uint32Array.from([0, 32, 64, 96], (from) => maskWord(prefix - from));
  if (address.ipv4) masks.fill(0, 0, 3);
  return { ipv4: address.ipv4, words: address.words.map((word, i) => word & (masks[i] as number)), masks };
}

/** Whether `address` (an IP literal) lies in `range`. False for anything that is no address. */
export function cidrContains(range: Cidr, address: string): boolean {
  // One connection asks for the same address again and again.
  if (address !== lastText) {
    lastValid = readAddress(address, last);
    lastText = address;
  }
  if (!lastValid || last.ipv4 !== range.ipv4) return false;
  const { words, masks } = range;
  const own = last.words;
  if ((((own[3] as number) & (masks[3] as number)) ^ (words[3] as number)) !== 0) return false;
  if (range.ipv4) return true;
  for (let i = 0; i < 3; i++) {
    if ((((own[i] as number) & (masks[i] as number)) ^ (words[i] as number)) !== 0) return false;
  }
  return true;
}

/**
 * A test of a peer's address against several ranges, made once an entrypoint and asked once a connection. `key`: what a
 * person wrote them under.
 */
export function compileTrust(
  options: { readonly insecure: boolean; readonly trustedIPs: readonly string[] },
  key = 'forwardedHeaders',
): (address: string) => boolean {
  if (options.insecure) return () => true;
  const ranges = options.trustedIPs.map((text) => {
    const range = parseCidr(text);
    if (range === undefined) {
      throw new FicusError(
        'config.bad-cidr',
        `${key}.trustedIPs: want an IP address or CIDR, got "${text}"`,
        {
          remedy: 'write it like 10.0.0.0/8 or 2001:db8::/32',
          status: 400,
        },
      );
    }
    return range;
  });
  return (address) => ranges.some((range) => cidrContains(range, address));
}

const last: Address = { ipv4: false, words: new Uint32Array(4) };
let lastText = '';
let lastValid = false;

function maskWord(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

function readAddress(text: string, into: Address): boolean {
  const family = text.length <= 45 ? isIP(text) : 0;
  // A zone (`fe80::1%eth0`) means something on one host only.
  if (family === 0 || text.includes('%')) return false;
  const words = into.words.fill(0);
  if (family === 4) {
    into.ipv4 = true;
    words[3] = ipv4Word(text);
    return true;
  }
  readIpv6(text, words);
  into.ipv4 = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  if (into.ipv4) words[2] = 0;
  return true;
}

function ipv4Word(text: string): number {
  let word = 0;
  let part = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      word = word * 256 + part;
      part = 0;
    } else part = part * 10 + code - 48;
  }
  return word;
}

const DOT = 0x2e;

/** `text` is valid already, so only its shape is read. */
function readIpv6(text: string, words: Uint32Array): void {
  const gap = text.indexOf('::');
  const before = groups(gap < 0 ? text : text.slice(0, gap));
  const after = gap < 0 ? [] : groups(text.slice(gap + 2));
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  for (let i = 0; i < 4; i++) words[i] = (all[2 * i] as number) * 65536 + (all[2 * i + 1] as number);
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const word = ipv4Word(group);
    return [Math.floor(word / 65536), word % 65536];
  });
}
