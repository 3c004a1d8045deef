/** Whether an address lies in one of many ranges: sorted once, then found by halving. */
import { parseCidr } from '../net/cidr.ts';

/** Both ends of a range, as four 32-bit words; IPv4 uses the last. */
interface Range {
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

/** The ranges of one family, sorted and without overlaps. */
class Sorted {
  readonly #count: number;
  /** Four words each. */
  readonly #firsts: Uint32Array;
  readonly #lasts: Uint32Array;

  constructor(ranges: readonly Range[]) {
    const merged = merge(ranges);
    this.#count = merged.length;
    this.#firsts = new Uint32Array(4 * merged.length);
    this.#lasts = new Uint32Array(4 * merged.length);
    for (const [i, { first, last }] of merged.entries()) {
      this.#firsts.set(first, 4 * i);
      this.#lasts.set(last, 4 * i);
    }
  }

  has(words: Uint32Array): boolean {
    let low = 0;
    let high = this.#count;
    // The first range that begins after the address; only the one before that can hold it.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#firsts, 4 * middle, words, 0) > 0) high = middle;
      else low = middle + 1;
    }
    return low > 0 && compare(words, 0, this.#lasts, 4 * (low - 1)) <= 0;
  }
}

/** Made of addresses and CIDRs that have been checked. IPv4-mapped IPv6 is the IPv4 it stands for. */
export class IpRanges {
  readonly #ipv4: Sorted;
  readonly #ipv6: Sorted;
  /** A connection asks for the same address again and again. */
  #lastText = '';
  #lastAnswer = false;

  constructor(texts: readonly string[]) {
    const ipv4: Range[] = [];
    const ipv6: Range[] = [];
    for (const text of texts) {
      const cidr = parseCidr(withoutZone(text));
      if (cidr === undefined) continue;
      // Of IPv4 only the last word has a mask.
      const last = cidr.words.map((word, i) =>
        cidr.ipv4 && i < 3 ? word : (word | ~(cidr.masks[i] as number)) >>> 0,
      );
      (cidr.ipv4 ? ipv4 : ipv6).push({ first: cidr.words, last });
    }
    this.#ipv4 = new Sorted(ipv4);
    this.#ipv6 = new Sorted(ipv6);
  }

  /** False for anything that is no address. */
  has(text: string): boolean {
    if (text === this.#lastText) return this.#lastAnswer;
    const address = text.includes('/') ? undefined : parseCidr(withoutZone(text));
    this.#lastAnswer = address !== undefined && (address.ipv4 ? this.#ipv4 : this.#ipv6).has(address.words);
    this.#lastText = text;
    return this.#lastAnswer;
  }
}

/** A zone says by which link an address is reached, not whose it is. Only IPv6 has them. */
function withoutZone(text: string): string {
  const percent = text.indexOf('%');
  return percent < 0 || !text.includes(':')
    ? text
    : text.slice(0, percent) + text.slice(zoneEnd(text, percent));
}

function zoneEnd(text: string, percent: number): number {
  const slash = text.indexOf('/', percent);
  return slash < 0 ? text.length : slash;
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => compare(a.first, 0, b.first, 0))) {
    const before = merged.at(-1);
    if (before === undefined || compare(before.last, 0, range.first, 0) < 0) merged.push({ ...range });
    else if (compare(before.last, 0, range.last, 0) < 0)
      merged[merged.length - 1] = { first: before.first, last: range.last };
  }
  return merged;
}

function compare(a: Uint32Array, atA: number, b: Uint32Array, atB: number): number {
  for (let i = 0; i < 4; i++) {
    const difference = (a[atA + i] as number) - (b[atB + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
