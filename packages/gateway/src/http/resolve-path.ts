/** The careful way to a canonical path: escapes normalised, slashes merged, dot segments resolved, disguises refused. */
import { decodedByte, isUnreserved, pathClass } from './path-tables.ts';

/** Why a path is refused: 0 a byte that may not be there, 1 an escape, 2 a disguised dot segment, 3 a plain one. */
export type PathRefusal = 0 | 1 | 2 | 3;

/**
 * Canonical form of `text` up to `end`. Linear; called only when the fast scan found something to do. `keepEmpty`: empty
 * segments stay, and dot segments are refused.
 */
export function resolvePath(text: string, end: number, keepEmpty: boolean): string | PathRefusal {
  const segments: string[] = [];
  let segment = '';
  let encodedSeparators = false;
  // One more round than characters: the end closes the last segment like a slash.
  for (let i = 1; i <= end; i++) {
    const code = i === end ? SLASH : text.charCodeAt(i);
    const kind = code < 128 ? (pathClass[code] as number) : 5;
    if (kind === 0) segment += text[i];
    else if (kind === 1) {
      const last = i === end;
      if (segment === '.' || segment === '..') {
        if (keepEmpty) return 3;
        if (segment === '..') segments.pop();
        // RFC 3986 §5.2.4: `/a/.` and `/a/b/..` name the directory, with its slash.
        if (last) segments.push('');
      } else if (isDisguised(segment, encodedSeparators)) return 2;
      else if (segment !== '' || last || keepEmpty) segments.push(segment);
      segment = '';
      encodedSeparators = false;
    } else if (kind === 2) {
      const byte = i + 2 < end ? decodedByte(text.charCodeAt(i + 1), text.charCodeAt(i + 2)) : -1;
      // An encoded NUL ends the string for whatever is written in C.
      if (byte <= 0) return 1;
      if (isUnreserved(byte)) segment += String.fromCharCode(byte);
      else segment += escapes[byte];
      if (byte === SLASH || byte === BACKSLASH) encodedSeparators = true;
      i += 2;
    } else if (kind === 4) segment += escapes[code];
    else return 0;
  }
  return `/${segments.join('/')}`;
}

const SLASH = 0x2f;
const BACKSLASH = 0x5c;

/** Upper-case escape of each byte. */
const escapes = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/**
 * Dot segments only some endpoints see: behind an encoded separator (`..%2f`), or with a path parameter, which servlet
 * containers cut off first (`..;x`).
 */
function isDisguised(segment: string, encodedSeparators: boolean): boolean {
  if (!encodedSeparators) return isDottedParameter(segment);
  return segment.split(/%2F|%5C/).some((part) => part === '.' || part === '..' || isDottedParameter(part));
}

function isDottedParameter(part: string): boolean {
  return part.startsWith('.') && /^\.\.?(?:;|%3B)/.test(part);
}
