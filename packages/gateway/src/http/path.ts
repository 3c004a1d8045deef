/**
 * The one canonical path: made once from the request target, then routed on, authorised on and forwarded.
 * Why these rules: docs/decisions/0003-one-canonical-path.md.
 */
import { decodedByte, isUnreserved, pathClass, queryClass } from './path-tables.ts';
import { resolvePath } from './resolve-path.ts';

/** A target split and made canonical. */
export interface CanonicalTarget {
  /** Canonical, starts with `/`. */
  readonly path: string;
  /** Without `?`, as sent; undefined when the target had none. */
  readonly query: string | undefined;
}

/** Why a target is refused (400 over HTTP/1.1). Shared constants: refusing allocates nothing. */
export interface TargetRefusal {
  readonly refused: string;
  /** No target at all by RFC 3986, whoever reads it; else one that is refused because it may be read in two ways. */
  readonly noTarget: boolean;
}

const noSlash = refusal('the target must start with "/"');
const badByte = refusal('the path holds a byte that must be percent-encoded or has no place in a target');
const badEscape = refusal('the path holds an invalid or forbidden percent-escape', false);
const badSegment = refusal('the path holds a disguised dot segment', false);
const dotSegment = refusal('the path holds a dot segment, which is not resolved here', false);
const badQuery = refusal('the query holds a byte that must be percent-encoded');

/**
 * Splits and canonicalises an origin-form target (RFC 9112 §3.2.1). A path that is canonical already, as nearly all are,
 * comes back as it is after one scan. `keepEmpty`: empty segments stay (`/a//b`), and dot segments, which merge with
 * them in more than one way, are refused.
 */
export function canonicalTarget(target: string, keepEmpty = false): CanonicalTarget | TargetRefusal {
  const length = target.length;
  if (length === 0 || target.charCodeAt(0) !== SLASH) return noSlash;
  const end = scanPath(target, length, keepEmpty);
  if (end === length) return { path: target, query: undefined };
  if (end >= 0) {
    if (!queryIsClean(target, end + 1, length)) return badQuery;
    return { path: target.slice(0, end), query: target.slice(end + 1) };
  }
  if (end === REFUSED) return badByte;
  const mark = target.indexOf('?');
  const pathEnd = mark < 0 ? length : mark;
  const path = resolvePath(target, pathEnd, keepEmpty);
  if (typeof path === 'number') return refusals[path];
  if (mark < 0) return { path, query: undefined };
  if (!queryIsClean(target, mark + 1, length)) return badQuery;
  return { path, query: target.slice(mark + 1) };
}

/**
 * The canonical form of a path without query, for what middlewares rewrote; undefined when it is refused. `keepEmpty`
 * as the request says (`RequestHead.keepsEmptySegments`).
 */
export function canonicalPath(path: string, keepEmpty = false): string | undefined {
  if (path.length === 0 || path.charCodeAt(0) !== SLASH) return undefined;
  const end = scanPath(path, path.length, keepEmpty);
  if (end === path.length) return path;
  if (end >= 0 || end === REFUSED || path.indexOf('?') >= 0) return undefined;
  const resolved = resolvePath(path, path.length, keepEmpty);
  return typeof resolved === 'number' ? undefined : resolved;
}

/** By the number that `resolvePath` gives. */
const refusals = [badByte, badEscape, badSegment, dotSegment] as const;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const QUERY = 0x3f;
const SEMICOLON = 0x3b;
const PERCENT = 0x25;
const REFUSED = -1;
const NOT_CANONICAL = -2;

/** Where the path of an already canonical target ends, or REFUSED, or NOT_CANONICAL when it needs work. */
function scanPath(target: string, length: number, keepEmpty: boolean): number {
  for (let i = 0; i < length; i++) {
    const code = target.charCodeAt(i);
    const kind = code < 128 ? (pathClass[code] as number) : 5;
    if (kind === 0) continue;
    if (kind === 1) {
      // After a slash: another slash or something that may be a dot segment goes the careful way.
      const next = target.charCodeAt(i + 1);
      if (next === SLASH && !keepEmpty) return NOT_CANONICAL;
      if (next === DOT && mayBeDotSegment(target.charCodeAt(i + 2))) return NOT_CANONICAL;
    } else if (kind === 2) {
      if (!canonicalEscape(target, i)) return NOT_CANONICAL;
      i += 2;
    } else if (kind === 3) return i;
    else return kind === 4 ? NOT_CANONICAL : REFUSED;
  }
  return length;
}

/** What may follow `/.` in a dot segment, however it is disguised; NaN is the end of the target. */
function mayBeDotSegment(code: number): boolean {
  return (
    Number.isNaN(code) ||
    code === DOT ||
    code === SLASH ||
    code === QUERY ||
    code === SEMICOLON ||
    code === PERCENT
  );
}

/** True for an upper-case escape of a byte that stays encoded and has nothing to do with separators. */
function canonicalEscape(target: string, at: number): boolean {
  const high = target.charCodeAt(at + 1);
  const low = target.charCodeAt(at + 2);
  // Lower-case digits need rewriting.
  if (high > 0x46 || low > 0x46) return false;
  const byte = decodedByte(high, low);
  if (byte <= 0 || byte === SLASH || byte === BACKSLASH) return false;
  return !isUnreserved(byte);
}

function queryIsClean(target: string, from: number, length: number): boolean {
  for (let i = from; i < length; i++) {
    const code = target.charCodeAt(i);
    if (code >= 128 || queryClass[code] !== 0) return false;
  }
  return true;
}

function refusal(refused: string, noTarget = true): TargetRefusal {
  return { refused, noTarget };
}
