/** Request and response heads from text to flat header arrays, strict as RFC 9112 asks (§2.2, §3, §4, §5). */
import type { Headers } from '../http/headers.ts';
import { headerNameAt, known } from './header-names.ts';

/** What framing and connection handling need to know of a head, gathered while parsing. */
export interface ParsedHead {
  /** Request: the method. Response: ''. */
  method: string;
  /** Request target or reason phrase, as written. */
  target: string;
  /** Response status; 0 for requests. */
  status: number;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  minor: 0 | 1;
  headers: Headers;
  /** Number of Host fields. */
  hosts: number;
  host: string;
  /** -1: absent. */
  contentLength: number;
  /** undefined: absent. Several fields are joined as a list. */
  transferEncoding: string | undefined;
  /** Lower-cased Connection list, '' when absent. */
  connection: string;
  expect: string;
  upgrade: string;
  /** The Keep-Alive field's parameters, '' when absent. */
  keepAlive: string;
}

/** Why a head was refused; the caller picks the status. */
export type HeadRefusal = 'malformed' | 'version' | 'too-many-fields';

/** Control characters other than TAB, CR and LF: never inside a head. */
const illegal = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
/** A bare LF, or a CR that no LF follows, in what has come of a head or trailer section so far. */
export const bareLineEnd = /(?<!\r)\n|\r(?=[^\n])|\0/;
const methodToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
const digits = /^[0-9]{1,16}$/;
const SPACE = 32;
const TAB = 9;

/** Parses `text`, a head up to and including the CRLF of its last field (without the empty line). */
export function parseRequestHead(text: string, maxFields: number): ParsedHead | HeadRefusal {
  if (illegal.test(text)) return 'malformed';
  const lineEnd = endOfLine(text, 0);
  const first = text.indexOf(' ');
  const last = lineEnd - 9;
  if (first <= 0 || last <= first || text.charCodeAt(last) !== SPACE) return 'malformed';
  const minor = version(text, last + 1);
  if (minor === undefined) return versionRefusal(text.slice(last + 1, lineEnd));
  const method = text.slice(0, first);
  if (!commonMethod(method) && !methodToken.test(method)) return 'malformed';
  const target = text.slice(first + 1, last);
  // A second space would make the target ambiguous to whoever parses after us.
  if (target.length === 0 || target.indexOf(' ') >= 0 || target.indexOf('\t') >= 0) return 'malformed';
  return parseFields(text, lineEnd + 2, maxFields, emptyHead(method, target, 0, minor));
}

/** As `parseRequestHead`, for a status line. */
export function parseResponseHead(text: string, maxFields: number): ParsedHead | HeadRefusal {
  if (illegal.test(text)) return 'malformed';
  const lineEnd = endOfLine(text, 0);
  const minor = version(text, 0);
  if (minor === undefined || lineEnd < 12 || text.charCodeAt(8) !== SPACE) return 'malformed';
  const a = text.charCodeAt(9) - 48;
  const b = text.charCodeAt(10) - 48;
  const c = text.charCodeAt(11) - 48;
  if (a < 1 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) return 'malformed';
  // Some servers leave out the space before an empty reason; any other byte there is malformed.
  if (lineEnd > 12 && text.charCodeAt(12) !== SPACE) return 'malformed';
  const reason = lineEnd > 13 ? text.slice(13, lineEnd) : '';
  return parseFields(text, lineEnd + 2, maxFields, emptyHead('', reason, a * 100 + b * 10 + c, minor));
}

/** Field lines of a trailer section into `headers`; undefined when malformed. */
export function parseTrailers(text: string, maxFields: number): Headers | undefined {
  if (illegal.test(text)) return undefined;
  const parsed = parseFields(text, 0, maxFields, emptyHead('', '', 0, 1));
  return typeof parsed === 'string' ? undefined : parsed.headers;
}

/** Where the line that `from` is in ends, or -1 when it is not ended by CR LF: a CR or LF alone is never forgiven. */
function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r', from);
  return end >= 0 && text.indexOf('\n', from) === end + 1 ? end : -1;
}

function parseFields(
  text: string,
  start: number,
  maxFields: number,
  head: ParsedHead,
): ParsedHead | HeadRefusal {
  const headers = head.headers;
  const length = text.length;
  let at = start;
  let fields = 0;
  while (at < length) {
    if (++fields > maxFields) return 'too-many-fields';
    const colon = text.indexOf(':', at);
    if (colon < 0) return 'malformed';
    // A line without colon makes the name run over its end; CR and LF are no token characters, so it is refused here.
    const name = headerNameAt(text, at, colon);
    if (name === undefined) return 'malformed';
    const end = endOfLine(text, colon);
    if (end < 0) return 'malformed';
    let from = colon + 1;
    let to = end;
    let code = text.charCodeAt(from);
    while (from < to && (code === SPACE || code === TAB)) code = text.charCodeAt(++from);
    code = text.charCodeAt(to - 1);
    while (to > from && (code === SPACE || code === TAB)) code = text.charCodeAt(--to - 1);
    const value = text.slice(from, to);
    if (name.id !== known.other && !note(head, name.id, value)) return 'malformed';
    headers.push(name.lower, value, name.raw);
    at = end + 2;
  }
  return head;
}

/** Gathers the fields that decide framing and the connection; false refuses the head. */
function note(head: ParsedHead, id: number, value: string): boolean {
  switch (id) {
    case known.host:
      head.hosts++;
      head.host = value;
      return true;
    case known.contentLength: {
      // One value, digits only; repeated fields are refused even when they agree: nobody honest sends them.
      if (head.contentLength >= 0 || !digits.test(value)) return false;
      const length = Number(value);
      if (length > Number.MAX_SAFE_INTEGER) return false;
      head.contentLength = length;
      return true;
    }
    case known.transferEncoding:
      head.transferEncoding =
        head.transferEncoding === undefined ? value : `${head.transferEncoding}, ${value}`;
      return true;
    case known.connection: {
      const lower = value.toLowerCase();
      head.connection = head.connection === '' ? lower : `${head.connection}, ${lower}`;
      return true;
    }
    case known.expect:
      head.expect = head.expect === '' ? value.toLowerCase() : `${head.expect}, ${value}`;
      return true;
    case known.upgrade:
      head.upgrade = head.upgrade === '' ? value.toLowerCase() : `${head.upgrade}, ${value.toLowerCase()}`;
      return true;
    case known.keepAlive:
      head.keepAlive = value;
      return true;
    default:
      return true;
  }
}

function emptyHead(method: string, target: string, status: number, minor: 0 | 1): ParsedHead {
  return {
    method,
    target,
    status,
    minor,
    headers: [],
    hosts: 0,
    host: '',
    contentLength: -1,
    transferEncoding: undefined,
    connection: '',
    expect: '',
    upgrade: '',
    keepAlive: '',
  };
}

/** The minor version when `text` has `HTTP/1.0` or `HTTP/1.1` at `at`. */
function version(text: string, at: number): 0 | 1 | undefined {
  if (!text.startsWith('HTTP/1.', at)) return undefined;
  const minor = text.charCodeAt(at + 7) - 48;
  return minor === 1 ? 1 : minor === 0 ? 0 : undefined;
}

/** HTTP/1.2 and HTTP/2.0 are versions we do not speak (505); anything else there is noise (400). */
function versionRefusal(text: string): HeadRefusal {
  return /^HTTP\/[0-9]\.[0-9]$/.test(text) ? 'version' : 'malformed';
}

function commonMethod(method: string): boolean {
  return (
    method === 'GET' || method === 'POST' || method === 'HEAD' || method === 'PUT' || method === 'DELETE'
  );
}

/** Whether the lower-cased Connection list holds `token`. */
export function connectionHas(list: string, token: string): boolean {
  if (list === token) return true;
  if (list.length <= token.length) return false;
  for (const part of list.split(',')) if (part.trim() === token) return true;
  return false;
}
