/** Paths that people write in configuration, in the form canonical paths have. */
import { decodedByte, isUnreserved, pathClass } from './path-tables.ts';

/**
 * `path` with whatever canonical paths encode encoded: `/é b` is `/%C3%A9%20b`, `/%7Ea` is `/~a`. A `%` that begins no
 * escape stands for itself. Dot segments and double slashes stay: as the beginning of a path they simply never match.
 */
export function pathLiteral(path: string): string {
  const bytes = Buffer.from(path, 'utf8');
  let literal = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    const escaped = byte === 0x25 ? decodedByte(bytes[i + 1] ?? Number.NaN, bytes[i + 2] ?? Number.NaN) : -1;
    if (escaped >= 0) {
      literal += isUnreserved(escaped) ? String.fromCharCode(escaped) : encoded(escaped);
      i += 2;
    } else
      literal += byte < 128 && (pathClass[byte] as number) < 2 ? String.fromCharCode(byte) : encoded(byte);
  }
  return literal;
}

function encoded(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
