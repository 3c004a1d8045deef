/** Which escapes a path may not hold: for entrypoints, and for the middleware that says so for one router. */
import { decodedByte } from './path-tables.ts';

/** By byte: 1 when its escape is refused. */
export type RefusedEscapes = Uint8Array;

/** From two hexadecimal digits each (`2F`); undefined for none. */
export function refusedEscapes(digits: readonly string[]): RefusedEscapes | undefined {
  if (digits.length === 0) return undefined;
  const refused = new Uint8Array(256);
  for (const pair of digits) refused[Number.parseInt(pair, 16)] = 1;
  return refused;
}

/** The first escape of the canonical `path` that is refused, as `%2F`; undefined when there is none. */
export function refusedEscape(path: string, refused: RefusedEscapes): string | undefined {
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 3)) {
    const byte = decodedByte(path.charCodeAt(at + 1), path.charCodeAt(at + 2));
    if (byte >= 0 && refused[byte] === 1) return path.slice(at, at + 3);
  }
  return undefined;
}
