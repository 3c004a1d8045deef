/** Strings seen before, found again by their bytes: no string is made, and the same object is handed out each time. */

/** Longer text is made anew each time. */
const longest = 64;
const slots = 1024;

/** A slot holds one text of up to 64 characters, so that hostile ones can push others out but never make it grow. */
export class Interner {
  readonly #bytes = new Uint8Array(slots * longest);
  /** Apart from the texts, so that what is not held is not looked for in far memory. */
  readonly #lengths = new Uint8Array(slots);
  readonly #texts: string[] = new Array(slots).fill('');

  /** The text that stands in source[from, to), when it is held. */
  find(source: Buffer, from: number, to: number): string | undefined {
    const length = to - from;
    if (length > longest || length === 0) return undefined;
    const slot = slotOf(source, from, to);
    if (this.#lengths[slot] !== length || !this.#equals(slot * longest, source, from, to)) return undefined;
    return this.#texts[slot];
  }

  /** Holds `text`, which stands in source[from, to), in the place of what was there. */
  keep(text: string, source: Buffer, from: number, to: number): void {
    if (text.length > longest || text.length === 0) return;
    const slot = slotOf(source, from, to);
    this.#texts[slot] = text;
    this.#lengths[slot] = text.length;
    const bytes = this.#bytes;
    for (let i = from, at = slot * longest; i < to; i++, at++) bytes[at] = source[i] as number;
  }

  /** From the end on: texts of one slot mostly begin alike. */
  #equals(base: number, source: Buffer, from: number, to: number): boolean {
    const bytes = this.#bytes;
    for (let i = to - 1, at = base + i - from; i >= from; i--, at--)
      if (bytes[at] !== source[i]) return false;
    return true;
  }
}

/** From the length and the bytes in which names, paths and numbers most often differ. */
function slotOf(source: Buffer, from: number, to: number): number {
  const last = to - 1;
  const quarter = (to - from) >> 2;
  let hash = to - from;
  hash = hash * 31 + (source[last] as number);
  hash = hash * 31 + (source[last - quarter] as number);
  hash = hash * 31 + (source[(from + to) >> 1] as number);
  hash = hash * 31 + (source[from + quarter] as number);
  hash = hash * 31 + (source[last === from ? last : last - 1] as number);
  return (hash ^ (hash >>> 10)) & (slots - 1);
}
