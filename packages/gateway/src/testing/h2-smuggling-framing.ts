/** Requests whose pseudo-headers, connection fields, length or trailers would say two things once written as HTTP/1.1. */
import type { Field } from './h2-hpack-writer.ts';
import { request, type Smuggled } from './h2-smuggling-fields.ts';

const reset = (why: string, fields: readonly Field[], more: Partial<Smuggled> = {}): Smuggled => ({
  ...{ why, fields, outcome: 'reset' },
  ...more,
});

/** A POST with these fields and this body in DATA frames. */
const post = (why: string, fields: readonly Field[], data: readonly string[], more: Partial<Smuggled> = {}) =>
  reset(why, [...request({ method: 'POST' }), ...fields], { data, ...more });

const get = (why: string, ...fields: readonly Field[]) => reset(why, [...request(), ...fields]);

export const pseudoHeaders: readonly Smuggled[] = [
  reset('no :method', request({ method: undefined })),
  reset('no :scheme', request({ scheme: undefined })),
  reset('no :path', request({ path: undefined })),
  reset('neither :authority nor host', request({ authority: undefined })),
  reset('no pseudo-header at all', [['x', 'y']]),
  reset('an empty list', []),
  get(':method twice', [':method', 'GET']),
  get(':method twice, different', [':method', 'POST']),
  get(':scheme twice', [':scheme', 'https']),
  get(':authority twice', [':authority', 'evil']),
  get(':authority twice, the same', [':authority', 'h']),
  get(':path twice', [':path', '/evil2']),
  get(':path twice, the same', [':path', '/evil']),
  get('an unknown pseudo-header', [':evil', 'x']),
  get('a lone colon as name', [':', 'x']),
  get('a response pseudo-header', [':status', '200']),
  get('an upper-case pseudo-header', [':Path', '/evil2']),
  get(':protocol without CONNECT', [':protocol', 'websocket']),
  reset('a pseudo-header behind a field', [['x', 'y'], ...request()]),
  reset('one pseudo-header behind a field', [
    ...request({ path: undefined }),
    ['x', 'y'],
    [':path', '/evil'],
  ]),
  get(':authority and another host', ['host', 'evil']),
  get(':authority and host with another port', ['host', 'h:81']),
  get('host twice', ['host', 'h'], ['host', 'h']),
  reset('two hosts without :authority', [
    ...request({ authority: undefined }),
    ['host', 'h'],
    ['host', 'evil'],
  ]),
  reset('a host that is a list, without :authority', [
    ...request({ authority: undefined }),
    ['host', 'h, evil'],
  ]),
  reset('userinfo in host', [...request({ authority: undefined }), ['host', 'u@h']]),
  reset('an empty host', [...request({ authority: undefined }), ['host', '']]),
  { ...get('asterisk with POST'), fields: request({ method: 'POST', path: '*' }) },
];

export const connects: readonly Smuggled[] = [
  {
    why: 'CONNECT asks for a tunnel to wherever it likes',
    fields: [
      [':method', 'CONNECT'],
      [':authority', 'h:80'],
    ],
    outcome: 405,
  },
  {
    why: 'CONNECT with :path but no :protocol',
    fields: request({ method: 'CONNECT' }),
    outcome: 'refused',
  },
  {
    why: 'extended CONNECT for a protocol nobody asked us to carry',
    fields: [...request({ method: 'CONNECT' }), [':protocol', 'evil']],
    data: [],
    outcome: 'refused',
  },
  {
    why: 'extended CONNECT to a UDP proxy',
    fields: [...request({ method: 'CONNECT' }), [':protocol', 'connect-udp']],
    data: [],
    outcome: 'refused',
  },
  reset('CR LF in :protocol', [...request({ method: 'CONNECT' }), [':protocol', 'websocket\r\nx: y']]),
  reset('an empty :protocol', [...request({ method: 'CONNECT' }), [':protocol', '']]),
  reset(':protocol twice', [
    ...request({ method: 'CONNECT' }),
    [':protocol', 'websocket'],
    [':protocol', 'websocket'],
  ]),
  reset('extended CONNECT without :path', [
    ...request({ method: 'CONNECT', path: undefined }),
    [':protocol', 'websocket'],
  ]),
  reset('extended CONNECT without :scheme', [
    ...request({ method: 'CONNECT', scheme: undefined }),
    [':protocol', 'websocket'],
  ]),
  { why: 'TRACE would echo our own fields', fields: request({ method: 'TRACE' }), outcome: 405 },
];

export const connectionFields: readonly Smuggled[] = [
  get('connection: close', ['connection', 'close']),
  get('connection: keep-alive', ['connection', 'keep-alive']),
  get('connection names a field away', ['connection', 'x-forwarded-for']),
  get('connection, empty', ['connection', '']),
  get('keep-alive', ['keep-alive', 'timeout=5']),
  get('proxy-connection', ['proxy-connection', 'keep-alive']),
  get('upgrade: h2c', ['upgrade', 'h2c']),
  get('upgrade: websocket', ['upgrade', 'websocket']),
  get('transfer-encoding: chunked', ['transfer-encoding', 'chunked']),
  get('transfer-encoding: identity', ['transfer-encoding', 'identity']),
  get('transfer-encoding, empty', ['transfer-encoding', '']),
  post('transfer-encoding with chunks in DATA', [['transfer-encoding', 'chunked']], ['0\r\n\r\nGET /evil2']),
  post(
    'transfer-encoding and content-length',
    [
      ['transfer-encoding', 'chunked'],
      ['content-length', '5'],
    ],
    ['0\r\n\r\n'],
  ),
  get('te: gzip', ['te', 'gzip']),
  get('te: trailers and more', ['te', 'trailers, gzip']),
  get('te: trailers with a weight', ['te', 'trailers;q=0.5']),
  get('te, empty', ['te', '']),
  get('te twice, once other', ['te', 'trailers'], ['te', 'deflate']),
];

export const lengths: readonly Smuggled[] = [
  get('content-length and END_STREAM on HEADERS', ['content-length', '3']),
  post('less DATA than content-length', [['content-length', '3']], ['ab']),
  post('no DATA for content-length', [['content-length', '3']], ['']),
  post('more DATA than content-length', [['content-length', '3']], ['abcd']),
  post('more DATA in a later frame', [['content-length', '3']], ['abc', 'GET /evil2 HTTP/1.1\r\n\r\n']),
  post('DATA for content-length: 0', [['content-length', '0']], ['GET /evil2 HTTP/1.1\r\n\r\n']),
  post('less DATA, ended by trailers', [['content-length', '3']], ['ab'], { trailers: [['x', 'y']] }),
  post(
    'two lengths',
    [
      ['content-length', '3'],
      ['content-length', '4'],
    ],
    ['abc'],
  ),
  post(
    'two lengths, the right one first',
    [
      ['content-length', '4'],
      ['content-length', '3'],
    ],
    ['abcd'],
  ),
  ...(
    [
      ['3, 3', 'a list'],
      ['3,4', 'a list that differs'],
      ['+3', 'a plus sign'],
      ['-3', 'a minus sign'],
      ['-0', 'minus zero'],
      ['0x3', 'hexadecimal'],
      ['3.0', 'a fraction'],
      ['3e0', 'an exponent'],
      ['3 3', 'a space'],
      ['3\t', 'a tab'],
      ['3;x', 'a parameter'],
      ['', 'empty'],
      ['abc', 'letters'],
      ['\xb3', 'a digit beyond ASCII'],
      ['99999999999999999999', 'more than 64 bits'],
      ['18446744073709551619', '3 beyond 64 bits'],
      ['4294967299', '3 beyond 32 bits'],
    ] as const
  ).map(([value, why]) => post(`content-length: ${why}`, [['content-length', value]], ['abc'])),
];

export const trailers: readonly Smuggled[] = [
  post('a pseudo-header in trailers', [], ['abc'], { trailers: [[':path', '/evil2']] }),
  post(':status in trailers', [], ['abc'], { trailers: [[':status', '200']] }),
  post('trailers without END_STREAM', [], ['abc'], { trailers: [['x', 'y']], open: true }),
  post('upper case in trailers', [], ['abc'], { trailers: [['X', 'y']] }),
  post('CR LF in a trailer value', [], ['abc'], { trailers: [['x', 'y\r\nz: z']] }),
  post('CR LF in a trailer name', [], ['abc'], { trailers: [['x: y\r\nz', 'z']] }),
  post('transfer-encoding in trailers', [], ['abc'], { trailers: [['transfer-encoding', 'chunked']] }),
  post('connection in trailers', [], ['abc'], { trailers: [['connection', 'close']] }),
];
