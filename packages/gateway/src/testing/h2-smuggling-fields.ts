/** Requests with something in a field or pseudo-header that would be another message once written as HTTP/1.1. */
import type { Field } from './h2-hpack-writer.ts';

export interface Smuggled {
  readonly why: string;
  readonly fields: readonly Field[];
  /** DATA frames after the head; absent: END_STREAM is on HEADERS. */
  readonly data?: readonly string[];
  /** HEADERS after the data; `open` leaves out its END_STREAM. */
  readonly trailers?: readonly Field[];
  readonly open?: boolean;
  /**
   * `reset`: RST_STREAM PROTOCOL_ERROR. `refused`: that, or a 4xx of ours: well-formed HTTP/2 that we do not serve.
   * A number: exactly this status.
   */
  readonly outcome: 'reset' | 'refused' | number;
}

type Pseudo = Partial<Record<'method' | 'scheme' | 'authority' | 'path', string>>;

/** A GET for `/evil` with some pseudo-headers other than usual; one set to undefined is left out. */
export function request(changed: Partial<Record<keyof Pseudo, string | undefined>> = {}): Field[] {
  const all = { method: 'GET', scheme: 'http', authority: 'h', path: '/evil', ...changed };
  const fields: Field[] = [];
  for (const [name, value] of Object.entries(all)) if (value !== undefined) fields.push([`:${name}`, value]);
  return fields;
}

const smuggledLine = '\r\n\r\nGET /evil2 HTTP/1.1\r\nhost: h\r\n\r\n';

function each(
  part: keyof Pseudo,
  outcome: Smuggled['outcome'],
  values: readonly (readonly [value: string, why: string])[],
): Smuggled[] {
  return values.map(([value, why]) => ({
    why: `:${part}: ${why}`,
    fields: request({ [part]: value }),
    outcome,
  }));
}

const named = (name: string, why: string): Smuggled => ({
  why: `name: ${why}`,
  fields: [...request(), [name, 'v']],
  outcome: 'reset',
});

const valued = (value: string, why: string, name = 'x-a'): Smuggled => ({
  why: `value: ${why}`,
  fields: [...request(), [name, value]],
  outcome: 'reset',
});

export const inNames: readonly Smuggled[] = [
  named('X-A', 'upper case is HTTP/1.1 only (RFC 9113 §8.2.1)'),
  named('x-A', 'one upper-case letter'),
  named('Transfer-Encoding', 'upper case past a check for lower case'),
  named('', 'empty'),
  named(' x', 'space first: obs-fold of the field before'),
  named('x ', 'space before the colon'),
  named('x a', 'space inside'),
  named('x\ta', 'tab'),
  named('x:', 'a colon ends the name early'),
  named('x:y', 'a colon inside'),
  named('transfer-encoding: chunked\r\nx', 'a whole field'),
  named('x\r\n\r\nget /evil2 http/1.1\r\ny', 'a whole request'),
  named('x\r', 'CR'),
  named('x\n', 'LF'),
  named('\nx', 'LF first'),
  named('x\0', 'NUL'),
  named('x\x01', 'a control character'),
  named('x\x7f', 'DEL'),
  named('x\x80', 'a byte above 7F'),
  named('x\xff', 'FF'),
  named('x(', 'no token character: parenthesis'),
  named('x,y', 'no token character: comma'),
  named('x/y', 'no token character: slash'),
  named('"x"', 'no token character: quote'),
  named('x=y', 'no token character: equals sign'),
  named('x@y', 'no token character: at sign'),
  named('x{', 'no token character: brace'),
];

export const inValues: readonly Smuggled[] = [
  valued('a\r\nhost: evil', 'CR LF begins another field'),
  valued(`a${smuggledLine}`, 'CR LF CR LF begins another request'),
  valued('a\rb', 'CR alone'),
  valued('a\nb', 'LF alone'),
  valued('\r\n b', 'obs-fold'),
  valued('a\r', 'CR last'),
  valued('a\n', 'LF last'),
  valued('\na', 'LF first'),
  valued('a\0b', 'NUL'),
  valued('\0', 'only NUL'),
  valued('a\x01b', 'a control character'),
  valued('a\x0bb', 'vertical tab'),
  valued('a\x7f', 'DEL'),
  valued(' a', 'space first (RFC 9113 §8.2.1)'),
  valued('a ', 'space last'),
  valued('\ta', 'tab first'),
  valued('a\t', 'tab last'),
  valued('a=1\r\nx: y', 'CR LF in a cookie crumb, which is joined', 'cookie'),
  valued('evil\r\nx: y', 'CR LF in host', 'host'),
  valued('Bearer x\n', 'LF in a never-indexed field', 'authorization'),
];

export const inMethods: readonly Smuggled[] = each('method', 'reset', [
  ['', 'empty'],
  ['GET ', 'space last'],
  [' GET', 'space first'],
  ['GET /evil2 HTTP/1.1\r\nx:', 'a whole request line'],
  ['GET\r\n', 'CR LF'],
  ['GET\n', 'LF'],
  ['GET\0', 'NUL'],
  ['G:T', 'colon'],
  ['G(T', 'no token character'],
  ['G\x80T', 'a byte above 7F'],
]);

export const inSchemes: readonly Smuggled[] = each('scheme', 'reset', [
  ['', 'empty'],
  ['http\r\nx: y', 'CR LF'],
  ['http\0', 'NUL'],
  ['ht tp', 'space'],
  ['http:', 'colon'],
  ['http://h/evil2#', 'a whole URL'],
  ['1http', 'a digit first (RFC 3986 §3.1)'],
]);

export const inAuthorities: readonly Smuggled[] = each('authority', 'reset', [
  ['', 'empty'],
  ['h\r\nx: y', 'CR LF'],
  [`h${smuggledLine}`, 'a whole request'],
  ['h\n', 'LF'],
  ['h\0', 'NUL'],
  ['h evil', 'space'],
  [' h', 'space first'],
  ['h\t', 'tab last'],
  ['user@h', 'userinfo (RFC 9113 §8.3.1)'],
  ['user:secret@h', 'userinfo with password'],
  ['h@', 'an at sign alone'],
  ['h/evil2', 'a path in it'],
  ['h?x', 'a query in it'],
  ['h#x', 'a fragment in it'],
  ['h,evil', 'a list'],
  ['h\\evil', 'a backslash, which some read as slash'],
  ['h:99999', 'no port number'],
  ['h:80:80', 'two ports'],
  ['[::1', 'an open bracket'],
  ['h\x80', 'a byte above 7F'],
  ['h%00', 'an escape'],
]);

export const inPaths: readonly Smuggled[] = [
  ...each('path', 'reset', [
    ['', 'empty (RFC 9113 §8.3.1)'],
    ['evil', 'no slash first'],
    ['?evil', 'a query alone'],
    ['h:80', 'authority form'],
    ['http://h/evil', 'absolute form: the host would be chosen by it'],
    ['*', 'asterisk with GET'],
    ['/evil HTTP/1.1\r\nx: y', 'the rest of a request line'],
    [`/evil HTTP/1.1${smuggledLine}`, 'a whole request'],
    ['/evil\r\n', 'CR LF'],
    ['/evil\n', 'LF'],
    ['/evil\r', 'CR'],
    ['/evil\0', 'NUL'],
    ['/evil\t', 'tab'],
    [' /evil', 'space first'],
    ['/evil\x7f', 'DEL'],
    ['/evil?a\r\nx: y', 'CR LF in the query'],
    ['/evil?\0', 'NUL in the query'],
  ]),
  // HTTP/2 carries these faithfully, so the client can be told: it is HTTP/1.1 and URLs that have no place for them.
  ...each('path', 'refused', [
    ['/evil#x', 'a fragment'],
    ['/evil x', 'space'],
    ['/evil?a b', 'space in the query'],
    ['/evil\x80', 'a byte above 7F'],
    ['/evil%00', 'an encoded NUL'],
    ['/evil%0', 'half an escape'],
    ['/a/..;/evil', 'a disguised dot segment'],
    ['/a/..%2fevil', 'a dot segment behind an encoded slash'],
  ]),
];
