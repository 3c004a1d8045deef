/** MD5-crypt (`$1$`) and Apache's `$apr1$`: a thousand rounds of MD5, in slices that let other requests pass. */

/** Of a thousand; one takes some two microseconds. */
const roundsPerSlice = 100;

/** The 22 characters behind the salt. */
export async function md5Crypt(password: Buffer, salt: string, magic: '$1$' | '$apr1$'): Promise<string> {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const md5 = (...parts: readonly (Buffer | string)[]): Buffer => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const inner = md5(password, salt, password);
  const start: Buffer[] = [password, Buffer.from(magic), Buffer.from(salt)];
  for (let left = password.length; left > 0; left -= 16) start.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = password.length; bits > 0; bits >>= 1)
    start.push((bits & 1) === 1 ? zero : password.subarray(0, 1));
  let digest = md5(...start);
  for (let round = 0; round < 1000; round++) {
    if (round % roundsPerSlice === roundsPerSlice - 1) await turn();
    const odd = (round & 1) === 1;
    const parts: (Buffer | string)[] = [odd ? password : digest];
    if (round % 3 !== 0) parts.push(salt);
    if (round % 7 !== 0) parts.push(password);
    parts.push(odd ? digest : password);
    digest = md5(...parts);
  }
  return encoded(digest);
}

/** The event loop has seen to everybody else. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const zero = Buffer.alloc(1);
const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Bytes in the order of crypt(3), six bits a character, the lowest first. */
const order = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

function encoded(digest: Buffer): string {
  let text = '';
  for (const [a, b, c] of order) {
    text += sixes(((digest[a] as number) << 16) | ((digest[b] as number) << 8) | (digest[c] as number), 4);
  }
  return text + sixes(digest[11] as number, 2);
}

function sixes(value: number, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += alphabet[(value >> (6 * i)) & 63];
  return text;
}
