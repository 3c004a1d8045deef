/** FNV-1a in 64 bits, stirred, as a number between 0 and 1: what highest random weight and sticky shares go by. */

const high = 0xcbf29ce4;
const low = 0x84222325;

/** Of the bytes of `key` and then of `name`; never 0. The same text always makes the same number. */
export function hash01(key: string, name: string): number {
  let hi = high;
  let lo = low;
  for (let part = 0; part < 2; part++) {
    const text = part === 0 ? key : name;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return hash01(inAscii(key), inAscii(name));
      lo = (lo ^ code) >>> 0;
      // Times 2^40 + 0x1b3, modulo 2^64.
      const product = lo * 0x1b3;
      hi = (hi * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((lo << 8) >>> 0)) >>> 0;
      lo = product >>> 0;
    }
  }
  // The last character of FNV-1a hardly reaches the upper bits: unstirred, names like `a` and `b`, or ports like 8001 and
  // 8002, would be near each other for every key, and the heavier one would get nearly everything.
  const upper = stirred(hi ^ stirred(lo));
  const lower = stirred(lo ^ upper);
  return (upper * 0x20_0000 + (lower >>> 11) + 0.5) / 2 ** 53;
}

/** MurmurHash3's finalizer: every bit of `word` reaches every other one. */
function stirred(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Text beyond ASCII written in ASCII: one character a byte would not do, for they would come here again. */
function inAscii(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
