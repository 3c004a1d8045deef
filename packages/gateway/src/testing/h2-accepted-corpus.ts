/** Odd HTTP/2 requests that are served, with the reason why that is safe and what an HTTP/1.1 endpoint must have got. */
import type { Field } from './h2-hpack-writer.ts';
import { request } from './h2-smuggling-fields.ts';

export interface Accepted {
  readonly why: string;
  readonly fields: readonly Field[];
  readonly data?: readonly string[];
  readonly trailers?: readonly Field[];
  /** Request line without version. Default `GET /evil`. */
  readonly line?: string;
  readonly body?: string;
  /** Fields the endpoint must see exactly once with this value; undefined: not at all. */
  readonly sees?: Readonly<Record<string, string | undefined>>;
  /** Trailers the endpoint must see, all of them. */
  readonly seesTrailers?: readonly string[];
}

const get = (why: string, fields: readonly Field[], sees: Accepted['sees'] = {}): Accepted => ({
  why,
  fields: [...request(), ...fields],
  sees: { host: 'h', 'transfer-encoding': undefined, 'content-length': undefined, ...sees },
});

const post = (why: string, fields: readonly Field[], data: readonly string[], more: Partial<Accepted>) => ({
  ...{ why, fields: [...request({ method: 'POST' }), ...fields], data, line: 'POST /evil' },
  ...more,
});

export const accepted: readonly Accepted[] = [
  get('aliases with underscores of what we set stay behind', [
    ['x_forwarded_for', '6.6.6.6'],
    ['x-forwarded_for', '6.6.6.6'],
    ['x_real_ip', '6.6.6.6'],
    ['content_length', '5'],
    ['transfer_encoding', 'chunked'],
    ['ficus_uplink', 'shop'],
  ]),
  get(
    'who the client is we say ourselves',
    [
      ['x-forwarded-for', '6.6.6.6'],
      ['x-real-ip', '6.6.6.6'],
      ['forwarded', 'for=6.6.6.6'],
      ['x-forwarded-host', 'evil'],
    ],
    {
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      forwarded: undefined,
      'x-forwarded-host': 'h',
    },
  ),
  get(
    'cookie crumbs become one field (RFC 9113 §8.2.3)',
    [
      ['cookie', 'a=1'],
      ['x', 'y'],
      ['cookie', 'b=2'],
      ['cookie', 'c=3; d=4'],
    ],
    { cookie: 'a=1; b=2; c=3; d=4', x: 'y' },
  ),
  get('te: trailers is the one that may be', [['te', 'trailers']]),
  get('host that says the same as :authority is written once', [['host', 'h']]),
  {
    ...get('host without :authority', []),
    fields: [...request({ authority: undefined }), ['host', 'h']],
  },
  get('an empty value', [['x', '']], { x: '' }),
  get('obs-text in a value: passed as bytes', [['x', '\xe9\xff']], { x: '\xe9\xff' }),
  get('spaces and tabs inside a value', [['x', 'a \t b']], { x: 'a \t b' }),
  get('colons inside a value', [['x', 'a: b']], { x: 'a: b' }),
  get('every token character in a name', [["!#$%&'*+-.^`|~x", 'y']], { "!#$%&'*+-.^`|~x": 'y' }),
  get('proxy credentials are for us', [['proxy-authorization', 'Basic x']], {
    'proxy-authorization': undefined,
  }),
  get('HTTP2-Settings is of another protocol', [['http2-settings', 'AAMAAABk']], {
    'http2-settings': undefined,
  }),
  post('a length that agrees', [['content-length', '3']], ['a', 'b', 'c'], {
    body: 'abc',
    sees: { 'content-length': '3', 'transfer-encoding': undefined },
  }),
  post('a length of nothing', [['content-length', '0']], [''], {
    body: '',
    sees: { 'content-length': '0', 'transfer-encoding': undefined },
  }),
  post('no length: chunked', [], ['abc', '', '0\r\n\r\nGET /evil2 HTTP/1.1\r\n\r\n'], {
    body: 'abc0\r\n\r\nGET /evil2 HTTP/1.1\r\n\r\n',
    sees: { 'content-length': undefined, 'transfer-encoding': 'chunked' },
  }),
  post('trailers', [['trailer', 'x-sum']], ['abc'], {
    body: 'abc',
    trailers: [['x-sum', '1']],
    seesTrailers: ['x-sum', '1'],
  }),
  post('framing fields in trailers stay behind', [], ['abc'], {
    body: 'abc',
    trailers: [
      ['content-length', '7'],
      ['host', 'evil'],
      ['x-forwarded-for', '6.6.6.6'],
      ['x-sum', '1'],
    ],
    seesTrailers: ['x-sum', '1'],
  }),
  {
    why: 'a GET with a body: forwarded with exact framing',
    fields: [...request(), ['content-length', '3']],
    data: ['abc'],
    body: 'abc',
    sees: { 'content-length': '3' },
  },
  {
    why: 'dot segments are resolved once, and that is forwarded',
    fields: request({ path: '/a/%2e%2e/evil?x=/../y' }),
    line: 'GET /evil?x=/../y',
  },
  { why: 'two slashes are one', fields: request({ path: '//evil' }), line: 'GET /evil' },
  { why: 'a method beyond the usual ones', fields: request({ method: 'PROPFIND' }), line: 'PROPFIND /evil' },
  { why: 'the scheme is no part of an origin-form request', fields: request({ scheme: 'https' }) },
];
