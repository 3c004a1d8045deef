import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { prepareRequestHeaders } from './forwarded.ts';
import { getHeader, type Headers, stride } from './headers.ts';
import { removeConnectionFields } from './hop-by-hop.ts';
import type { RequestHead } from './message.ts';

function fields(...pairs: readonly (readonly [string, string])[]): Headers {
  return pairs.flatMap(([name, value]) => [name.toLowerCase(), value, name]);
}

function head(headers: Headers, over: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    path: '/',
    query: undefined,
    authority: 'shop.example',
    host: 'shop.example',
    headers,
    clientAddress: '192.0.2.7',
    secure: false,
    ...over,
  };
}

const untrusted = { trusted: false, peerAddress: '192.0.2.7', secure: false };
const trusted = { ...untrusted, trusted: true };

function prepared(
  headers: Headers,
  facts = untrusted,
  upgrade = '',
  over: Partial<RequestHead> = {},
): Record<string, string[]> {
  const request = head(headers, over);
  prepareRequestHeaders(request, facts, upgrade, 'gw-1');
  const result: Record<string, string[]> = {};
  for (let i = 0; i < request.headers.length; i += stride) {
    const name = request.headers[i] as string;
    result[name] = [...(result[name] ?? []), request.headers[i + 1] as string];
  }
  return result;
}

const own = {
  'x-forwarded-for': ['192.0.2.7'],
  'x-forwarded-host': ['shop.example'],
  'x-forwarded-port': ['80'],
  'x-forwarded-proto': ['http'],
  'x-forwarded-server': ['gw-1'],
  'x-real-ip': ['192.0.2.7'],
};

test('an untrusted peer says nothing about who it is', () => {
  const forged = fields(
    ['X-Forwarded-For', '1.1.1.1'],
    ['x_forwarded_for', '1.1.1.1'],
    ['X-FORWARDED-HOST', 'evil'],
    ['X-Forwarded_Proto', 'https'],
    ['X-Forwarded-Port', '1'],
    ['X-Forwarded-Server', 'evil'],
    ['X-Real-Ip', '1.1.1.1'],
    ['X_Real_Ip', '1.1.1.1'],
    ['X-Forwarded-Prefix', '/evil'],
    ['X-Forwarded-Uri', '/evil'],
    ['X-Forwarded-Method', 'PUT'],
    ['X-Forwarded-User', 'root'],
    ['X-Forwarded-Tls-Client-Cert', 'x'],
    ['X-Forwarded-Tls-Client-Cert-Info', 'x'],
    ['Forwarded', 'for=1.1.1.1'],
    ['Ficus-Uplink', 'orders'],
    ['Ficus_Uplink', 'orders'],
  );
  assert.deepEqual(prepared(forged), own);
});

test('a trusted peer is believed and appended to', () => {
  const passed = fields(
    ['X-Forwarded-For', '1.1.1.1'],
    ['X-Forwarded-For', '2.2.2.2'],
    ['X-Forwarded-Host', 'front'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Server', 'front-1'],
    ['X-Real-Ip', '1.1.1.1'],
    ['X-Forwarded-Prefix', '/a'],
    ['x_real_ip', '9.9.9.9'],
    ['Forwarded', 'for=1.1.1.1'],
    ['Ficus-Uplink', 'orders'],
  );
  assert.deepEqual(prepared(passed, trusted), {
    'x-forwarded-prefix': ['/a'],
    forwarded: ['for=1.1.1.1'],
    'ficus-uplink': ['orders'],
    'x-forwarded-for': ['1.1.1.1, 2.2.2.2, 192.0.2.7'],
    'x-forwarded-host': ['front'],
    'x-forwarded-port': ['443'],
    'x-forwarded-proto': ['https'],
    'x-forwarded-server': ['gw-1'],
    'x-real-ip': ['1.1.1.1'],
  });
});

test('protocol and port are those the client used', () => {
  const secure = { ...untrusted, secure: true };
  assert.equal(prepared([], secure)['x-forwarded-proto']?.[0], 'https');
  assert.equal(prepared([], secure)['x-forwarded-port']?.[0], '443');
  assert.equal(prepared([], secure, 'websocket')['x-forwarded-proto']?.[0], 'wss');
  assert.equal(prepared([], untrusted, 'websocket')['x-forwarded-proto']?.[0], 'ws');
  assert.equal(
    prepared([], untrusted, '', { authority: 'shop.example:8080' })['x-forwarded-port']?.[0],
    '8080',
  );
  assert.equal(prepared([], untrusted, '', { authority: '[::1]' })['x-forwarded-port']?.[0], '80');
  assert.equal(prepared([], untrusted, '', { authority: '' })['x-forwarded-host'], undefined);
});

test('hop-by-hop fields, what Connection names, host and framing go; the rest stays in order', () => {
  const headers = fields(
    ['Host', 'shop.example'],
    ['A', '1'],
    ['Connection', 'close, X-Secret ,b'],
    ['Keep-Alive', 'x'],
    ['TE', 'gzip, Trailers'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '3'],
    ['Upgrade', 'h2c'],
    ['HTTP2-Settings', 'x'],
    ['X-Secret', 's'],
    ['connection', 'c'],
    ['B', '2'],
    ['C', '3'],
    ['Proxy-Authorization', 'x'],
    ['Proxy-Connection', 'x'],
    ['A', '4'],
    ['Expect', '100-continue'],
    ['Trailer', 'x-sum'],
  );
  assert.deepEqual(prepared(headers), {
    a: ['1', '4'],
    te: ['trailers'],
    expect: ['100-continue'],
    trailer: ['x-sum'],
    ...own,
  });
});

test('a response loses what concerns the connection and keeps its length', () => {
  const headers = fields(
    ['Content-Length', '5'],
    ['Connection', 'X-Hop, Set-Cookie'],
    ['X-Hop', '1'],
    ['Keep-Alive', 'timeout=5'],
    ['ETag', '"a"'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2'],
  );
  removeConnectionFields(headers);
  assert.deepEqual(headers, fields(['Content-Length', '5'], ['ETag', '"a"']));
});

const managed = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
];
const kept = ['authorization', 'cookie', 'traceparent', 'x-request-id'];
const nameOf = (names: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...names), fc.array(fc.boolean(), { maxLength: 8 }), fc.boolean())
    .map(([name, upper, under]) => {
      const spelled = [...name]
        .map((char, i) => (upper[i % Math.max(upper.length, 1)] ? char.toUpperCase() : char))
        .join('');
      return under ? spelled.replace('-', '_') : spelled;
    });
const token = fc.tuple(
  fc.constantFrom('', ' ', '\t', ' \t'),
  nameOf([...managed, ...kept, 'x-mine', 'close']),
  fc.constantFrom('', ' '),
);
const connection = fc
  .array(token, { maxLength: 4 })
  .map((tokens) => tokens.map((parts) => parts.join('')).join(','));
const someFields = fc.array(
  fc.oneof(
    fc.tuple(nameOf(managed), fc.constant('forged')),
    fc.tuple(fc.constantFrom('Connection', 'connection', 'CONNECTION'), connection),
    fc.tuple(fc.constantFrom(...kept, 'x-other'), fc.constant('kept')),
  ),
  { maxLength: 7 },
);

test('100,000 ways to forge managed fields or name them away', () => {
  fc.assert(
    fc.property(someFields, (pairs) => {
      const request = head(fields(...pairs));
      const expected = pairs.filter(([name]) => kept.includes(name) || name === 'x-other').length;
      prepareRequestHeaders(request, untrusted, '', 'gw-1');
      assert.ok(!request.headers.includes('forged'));
      for (const name of managed) assert.notEqual(getHeader(request.headers, name), undefined);
      assert.equal(request.headers.length / stride, expected + managed.length);
    }),
    { numRuns: 100_000 },
  );
});

test('trusted values cannot be named away either', () => {
  const request = head(
    fields(
      ['Connection', 'x-forwarded-for, X-Real-IP, ficus-uplink'],
      ['X-Forwarded-For', '1.1.1.1'],
      ['Ficus-Uplink', 'a'],
    ),
  );
  prepareRequestHeaders(request, trusted, '', '');
  assert.equal(getHeader(request.headers, 'x-forwarded-for'), '1.1.1.1, 192.0.2.7');
  assert.equal(getHeader(request.headers, 'ficus-uplink'), 'a');
});

const forwarding = { connection: new Set(['x-mine']), notAppendXForwardedFor: false };

test('fields of forwardedHeaders.connection stay for middlewares, and end here', () => {
  const request = head(
    fields(['Connection', 'X-Mine, X-Other'], ['X-Mine', '1'], ['X-Other', '2'], ['A', '3']),
  );
  prepareRequestHeaders(request, { ...untrusted, forwarding }, '', '');
  assert.equal(getHeader(request.headers, 'x-mine'), '1');
  assert.equal(getHeader(request.headers, 'x-other'), undefined);
  assert.deepEqual(request.endsHere, new Set(['x-mine']));
  const plain = head(fields(['X-Mine', '1']));
  prepareRequestHeaders(plain, { ...untrusted, forwarding }, '', '');
  assert.equal(plain.endsHere, undefined);
});

test('notAppendXForwardedFor leaves the peer out', () => {
  const without = { forwarding: { ...forwarding, notAppendXForwardedFor: true } };
  const passed = fields(['X-Forwarded-For', '1.1.1.1'], ['X-Forwarded-For', '2.2.2.2']);
  assert.deepEqual(prepared([...passed], { ...trusted, ...without })['x-forwarded-for'], [
    '1.1.1.1, 2.2.2.2',
  ]);
  assert.equal(prepared([...passed], { ...untrusted, ...without })['x-forwarded-for'], undefined);
  assert.deepEqual(prepared([], { ...trusted, ...without })['x-real-ip'], ['192.0.2.7']);
});

test('X-Scheme says who the client is, too', () => {
  assert.equal(prepared(fields(['X-Scheme', 'https'], ['X_Scheme', 'https']))['x-scheme'], undefined);
  assert.deepEqual(prepared(fields(['X-Scheme', 'https']), trusted)['x-scheme'], ['https']);
});
