/** What came over the wire as the text a person means: for regular expressions, which see characters and not bytes. */
import { decodedByte } from '../http/path-tables.ts';

/** A field value (one character a byte) read as UTF-8; bytes that are none become U+FFFD. */
export function wireText(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7f) return Buffer.from(value, 'latin1').toString('utf8');
  }
  return value;
}

/** RFC 3986 §2.2, and the percent sign: decoded they would mean something else. As in Traefik. */
const reserved = new Set(Buffer.from(":/?#[]@!$&'()*+,;=%"));

let lastPath = '';
let lastText = '';

/** A canonical path with everything decoded but what is reserved: `/%C3%A9%2Fa` is `/é%2Fa`. Kept for the next rule. */
export function routingPath(path: string): string {
  if (path === lastPath) return lastText;
  lastText = path.includes('%') ? decoded(path) : path;
  lastPath = path;
  return lastText;
}

function decoded(path: string): string {
  const bytes = Buffer.allocUnsafe(path.length);
  let length = 0;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    const byte = code === 0x25 ? decodedByte(path.charCodeAt(i + 1), path.charCodeAt(i + 2)) : -1;
    if (byte < 0 || reserved.has(byte)) {
      bytes[length++] = code;
    } else {
      bytes[length++] = byte;
      i += 2;
    }
  }
  return bytes.toString('utf8', 0, length);
}
