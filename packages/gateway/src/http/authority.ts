/** The Host field and the authority of an absolute target, strict (RFC 9110 §7.2, RFC 3986 §3.2): one host, maybe a port. */
import { isIPv6 } from 'node:net';

export interface Authority {
  /** As the client wrote it, validated. */
  readonly authority: string;
  /** Lower-case, without port, brackets and trailing dot: what `Host()` compares. */
  readonly host: string;
  /** 0–65535; undefined when none was written. */
  readonly port: number | undefined;
}

/** A DNS name of 255 bytes, or a bracketed address, and a port. */
const maxLength = 262;
const cacheSize = 1024;
/** Clients repeat the same few hosts; clearing when full keeps hostile ones from growing it. */
const cache = new Map<string, Authority>();
let lastValue = '';
let last: Authority | undefined;

/**
 * Parses `value`, or undefined when it is empty, has user information, is a list, or holds what no host name holds.
 * Sub-delimiters and percent-escapes, which RFC 3986 allows in names that DNS doesn't, are refused: two spellings of one
 * host would be two hosts to `Host()`.
 */
export function parseAuthority(value: string): Authority | undefined {
  // The same host as the time before, mostly: comparing costs less than hashing a string fresh off the wire.
  if (value === lastValue) return last;
  const hit = cache.get(value);
  if (hit !== undefined) {
    lastValue = hit.authority;
    last = hit;
    return hit;
  }
  if (value.length === 0 || value.length > maxLength) return undefined;
  // Copied: a slice would keep the whole head it was cut from alive in the cache.
  const text = Buffer.from(value, 'latin1').toString('latin1');
  const made = text.charCodeAt(0) === 0x5b ? parseBracketed(text) : parseName(text);
  if (made === undefined || text !== value) return undefined;
  if (cache.size >= cacheSize) cache.clear();
  cache.set(text, made);
  return made;
}

/** Letters, digits, `-`, `_`, `~`; dots separate labels, none empty but for one trailing dot. */
const name = /^([0-9A-Za-z_~-]+(?:\.[0-9A-Za-z_~-]+)*)\.?(?::([0-9]{0,5}))?$/;

function parseName(text: string): Authority | undefined {
  const match = name.exec(text);
  return match === null ? undefined : made(text, (match[1] as string).toLowerCase(), match[2]);
}

function parseBracketed(text: string): Authority | undefined {
  const match = /^\[([0-9A-Fa-f:.]+)\](?::([0-9]{0,5}))?$/.exec(text);
  if (match === null || !isIPv6(match[1] as string)) return undefined;
  return made(text, (match[1] as string).toLowerCase(), match[2]);
}

function made(authority: string, host: string, digits: string | undefined): Authority | undefined {
  if (digits === undefined || digits === '') return { authority, host, port: undefined };
  const port = Number(digits);
  return port > 65535 ? undefined : { authority, host, port };
}
