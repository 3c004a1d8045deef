/** Header names seen before: validated and lower-cased once, then found by their spelling. */

/** Names the codec itself must understand get a number, so that the parser switches on integers. */
export const known = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  expect: 5,
  upgrade: 6,
  keepAlive: 7,
} as const;

export interface HeaderName {
  /** As written. */
  readonly raw: string;
  readonly lower: string;
  readonly id: number;
}

const ids: Readonly<Record<string, number>> = {
  host: known.host,
  'content-length': known.contentLength,
  'transfer-encoding': known.transferEncoding,
  connection: known.connection,
  expect: known.expect,
  upgrade: known.upgrade,
  'keep-alive': known.keepAlive,
};

/** RFC 9110 §5.6.2 token. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const cacheSize = 2048;
const cachedLength = 64;
const cache = new Map<string, HeaderName>();

/**
 * Spellings found again by their length and outer characters, without making or hashing a string: nearly every field of
 * nearly every head is found here. A slot holds the last spelling that fell on it.
 */
const slots: (HeaderName | undefined)[] = new Array(4096).fill(undefined);

/** The name that stands in `text` from `from` to `to` (the colon), or undefined when it is not a token. */
export function headerNameAt(text: string, from: number, to: number): HeaderName | undefined {
  const length = to - from;
  const slot =
    (length * 131 +
      text.charCodeAt(from) * 31 +
      text.charCodeAt(to - 1) +
      text.charCodeAt(from + (length >> 1)) * 7) &
    4095;
  const seen = slots[slot];
  if (seen !== undefined && seen.raw.length === length && text.startsWith(seen.raw, from)) return seen;
  const found = headerName(text.slice(from, to));
  if (found !== undefined && length <= cachedLength) slots[slot] = found;
  return found;
}

/** The name as lower case with its number, or undefined when it is not a token (space before the colon, fold, empty …). */
export function headerName(raw: string): HeaderName | undefined {
  const hit = cache.get(raw);
  if (hit !== undefined) return hit;
  if (!token.test(raw)) return undefined;
  const own = flat(raw);
  const lower = own.toLowerCase();
  const made: HeaderName = {
    raw: own,
    lower,
    id: Object.hasOwn(ids, lower) ? (ids[lower] as number) : known.other,
  };
  // Hostile spellings must not push the common ones out for ever, nor grow the cache.
  if (raw.length <= cachedLength) {
    if (cache.size >= cacheSize) cache.clear();
    cache.set(own, made);
  }
  return made;
}

/** A copy that does not keep the head it was sliced from alive. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
