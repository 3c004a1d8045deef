/** Which bytes names and values are made of (RFC 9113 §8.2.1, stricter: no control characters in values either). */

const HTAB = 9;
const SPACE = 32;
const COLON = 58;

/** 1 for each byte that may not stand in a value. */
const badInValue = new Uint8Array(256);
badInValue.fill(1, 0, SPACE);
badInValue[HTAB] = 0;
badInValue[127] = 1;

/** 1 for each byte of a lower-case token (RFC 9110 §5.6.2). */
const inName = new Uint8Array(256);
for (const byte of Buffer.from("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")) inName[byte] = 1;

/** Whether source[from, to) is a field value: no control character but HTAB, no SP or HTAB around it. */
export function isValue(source: Buffer, from: number, to: number): boolean {
  if (from === to) return true;
  let bad = 0;
  for (let i = from; i < to; i++) bad |= badInValue[source[i] as number] as number;
  return bad === 0 && !isBlank(source[from] as number) && !isBlank(source[to - 1] as number);
}

/** Whether source[from, to) is a lower-case token, or `:` and lower-case letters. */
export function isName(source: Buffer, from: number, to: number): boolean {
  if (from === to) return false;
  if (source[from] === COLON) return isPseudoName(source, from, to);
  for (let i = from; i < to; i++) if (inName[source[i] as number] === 0) return false;
  return true;
}

/** As `isName`, for a name that is a string already. */
export function isNameText(name: string): boolean {
  return isName(Buffer.from(name, 'latin1'), 0, name.length);
}

function isPseudoName(source: Buffer, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) {
    const byte = source[i] as number;
    if (byte < 97 || byte > 122) return false;
  }
  return to - from > 1;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === HTAB;
}
