/** Which byte may stand where in a request target (RFC 3986 §3.3, §3.4), as tables indexed by character code. */

/**
 * In a path: 0 as it is, 1 slash, 2 percent, 3 question mark, 4 printable but to be percent-encoded, 5 refused.
 * A dot is plain: only after a slash does it matter.
 */
export const pathClass = table((char) => {
  if (char === '/') return 1;
  if (char === '%') return 2;
  if (char === '?') return 3;
  if (isControl(char) || char === ' ' || char === '#' || char === '\\') return 5;
  return '"<>[]^`{|}'.includes(char) ? 4 : 0;
});

/** In a query: 0 as it is, 1 refused. Browsers send quotes, braces and backslashes raw there, so these pass. */
export const queryClass = table((char) => (isControl(char) || char === ' ' || char === '#' ? 1 : 0));

const unreserved = table((char) => (/[A-Za-z0-9\-._~]/.test(char) ? 1 : 0));

/** RFC 3986 §2.3: bytes that mean the same encoded or not, so that they are always decoded. */
export function isUnreserved(byte: number): boolean {
  return byte < 128 && unreserved[byte] === 1;
}

/** Value of a hexadecimal digit by character code, 255 for anything else. */
const hexValue = table((char) => (/[0-9A-Fa-f]/.test(char) ? Number.parseInt(char, 16) : 255));

/** The byte two hexadecimal digits stand for, -1 when either is none. Takes any character codes, NaN too. */
export function decodedByte(high: number, low: number): number {
  if (!(high < 128 && low < 128)) return -1;
  const a = hexValue[high] as number;
  const b = hexValue[low] as number;
  return a === 255 || b === 255 ? -1 : a * 16 + b;
}

function isControl(char: string): boolean {
  const code = char.charCodeAt(0);
  return code < 0x20 || code === 0x7f;
}

function table(of: (char: string) => number): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => of(String.fromCharCode(code)));
}
