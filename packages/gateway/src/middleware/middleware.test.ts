import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { getHeader, type Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import { canonicalPath } from '../http/path.ts';
import type { HeadersMiddleware } from '../model/middleware/headers.ts';
import type { MiddlewareModel } from '../model/middleware/models.ts';
import { addPrefix } from './add-prefix.ts';
import { headers } from './headers.ts';
import { compileMiddleware } from './index.ts';
import { stripPrefix } from './strip-prefix.ts';
import { exchangeOf, inContext, passing } from './testing.ts';

function request(path: string, fields: Headers = []): RequestHead {
  return {
    method: 'GET',
    path,
    query: undefined,
    authority: 'shop.example',
    host: 'shop.example',
    headers: fields,
    clientAddress: '',
    secure: false,
  };
}
const response = (fields: Headers = []): ResponseHead => ({ status: 200, reason: '', headers: fields });

const stripped: readonly (readonly [prefix: string, path: string, rest: string, found: boolean])[] = [
  ['/api', '/api/x', '/x', true],
  ['/api', '/api', '/', true],
  ['/api', '/apix', '/x', true],
  ['/api/', '/api/x', '/x', true],
  ['/', '/x', '/x', true],
  ['/other', '/api/x', '/api/x', false],
  ['/é', '/%C3%A9/x', '/x', true],
  ['/api', '*', '*', false],
];
for (const [prefix, path, rest, found] of stripped) {
  test(`stripPrefix ${prefix} makes ${rest} of ${path}`, () => {
    const head = request(path);
    assert.equal(
      stripPrefix({ prefixes: ['/nothing', prefix] }).request?.(head, exchangeOf(head), passing),
      undefined,
    );
    assert.equal(head.path, rest);
    const told = Buffer.from(prefix, 'utf8').toString('latin1');
    assert.equal(getHeader(head.headers, 'x-forwarded-prefix'), found ? told : undefined);
  });
}

test('a dot segment that only shows without its prefix is refused, and the path left alone', () => {
  for (const path of ['/api../admin', '/api..', '/api.', '/api..%2Fadmin', '/api..;/admin']) {
    const head = request(path);
    const verdict = stripPrefix({ prefixes: ['/api'] }).request?.(head, exchangeOf(head), passing);
    assert.equal(verdict !== undefined && 'code' in verdict && verdict.code, 'request.malformed');
    assert.equal(head.path, path);
  }
});

test('addPrefix puts its canonical form before every path', () => {
  for (const [prefix, path] of [
    ['/api', '/api/x'],
    ['api/', '/api/x'],
    ['/a/../é', '/%C3%A9/x'],
  ] as const) {
    const head = request('/x');
    addPrefix({ prefix }).request?.(head, exchangeOf(head), passing);
    assert.equal(head.path, path);
  }
  for (const prefix of ['', '/', '/a%00', '/..%2fb']) {
    assert.throws(() => addPrefix({ prefix }), { code: 'config.bad-prefix' });
  }
});

test('rewritten paths are canonical, whatever came in', () => {
  const piece = fc.constantFrom('/', '.', '..', '%2F', '%5C', 'api', 'a', ';', '%C3');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = canonicalPath(`/${pieces.join('')}`);
      if (path === undefined) return;
      const head = request(path);
      const refused = stripPrefix({ prefixes: ['/a', '/api', '/..'] }).request?.(
        head,
        exchangeOf(head),
        passing,
      );
      addPrefix({ prefix: '/new' }).request?.(head, exchangeOf(head), passing);
      if (refused === undefined) assert.equal(canonicalPath(head.path), head.path);
    }),
    { numRuns: 5000 },
  );
});

test('headers sets, replaces and deletes on both sides', () => {
  const middleware = headers({
    request: [
      ['x-new', 'é'],
      ['cookie', ''],
      ['host', 'Other.example:81'],
    ],
    response: [
      ['server', ''],
      ['x-a', '2'],
    ],
  });
  const head = request('/', ['cookie', 'a', 'Cookie', 'X-new', '', '', 'x-new', 'old', 'X-New']);
  middleware.request?.(head, exchangeOf(head), passing);
  assert.deepEqual(head.headers, ['X-new', '', '', 'x-new', '\xc3\xa9', 'X-New']);
  assert.deepEqual([head.authority, head.host], ['Other.example:81', 'other.example']);
  const answer = response(['server', 's', 'Server', 'x-a', '1', 'x-a', 'b', '3', 'B']);
  middleware.response?.(answer, exchangeOf(head));
  assert.deepEqual(answer.headers, ['b', '3', 'B', 'x-a', '2', 'X-A']);
});

const wrong: readonly (readonly [string, string])[] = [
  ['connection', 'x'],
  ['Transfer-Encoding', 'chunked'],
  ['content-length', ''],
  ['upgrade', 'h2c'],
  ['te', 'trailers'],
  ['trailer', 'x'],
  ['keep-alive', '1'],
  ['expect', 'x'],
  ['a b', 'x'],
  ['', 'x'],
  ['a', 'x\r\ny'],
  ['a', '\0'],
];
for (const pair of wrong) {
  test(`headers refuses ${JSON.stringify(pair)}`, () => {
    assert.throws(() => headers({ request: [pair], response: [] }), { code: 'config.bad-header' });
    assert.throws(() => headers({ request: [], response: [pair] }), { code: 'config.bad-header' });
  });
}

test('Host must be an authority, and no response has one', () => {
  const build = (config: Partial<HeadersMiddleware>) => () =>
    headers({ request: [], response: [], ...config });
  assert.throws(build({ request: [['host', 'a b']] }), { code: 'config.bad-header' });
  assert.throws(build({ request: [['host', '']] }), { code: 'config.bad-header' });
  assert.throws(build({ response: [['host', 'a']] }), { code: 'config.bad-header' });
});

test('every kind of the model is built', () => {
  const name = ['m', 'file'] as const;
  const models: MiddlewareModel[] = [
    { kind: 'headers', name, headers: { request: [['x-a', '1']], response: [] } },
    { kind: 'stripPrefix', name, prefixes: ['/a'] },
    { kind: 'addPrefix', name, prefix: '/b' },
  ];
  const head = request('/a/x');
  for (const model of models)
    compileMiddleware(model, inContext()).request?.(head, exchangeOf(head), passing);
  assert.equal(head.path, '/b/x');
  assert.equal(getHeader(head.headers, 'x-a'), '1');
});

test('a field that only looks like one the operator sets goes with it', () => {
  const middleware = headers({
    request: [
      ['x-auth-user', ''],
      ['x-role', 'guest'],
    ],
    response: [],
  });
  const fields = [
    'x_auth_user',
    'liar',
    'X_Auth_User',
    'x_role',
    'admin',
    'X_Role',
    'x_other',
    'kept',
    'X_Other',
  ];
  const head = request('/', fields);
  middleware.request?.(head, exchangeOf(head), passing);
  assert.deepEqual(head.headers, ['x_other', 'kept', 'X_Other', 'x-role', 'guest', 'X-Role']);
});

test('an expression is not given a path without bounds', () => {
  for (const model of [
    { kind: 'replacePathRegex', name: ['m', 'file'], regex: '(a+)+b', replacement: '/x' },
    { kind: 'stripPrefixRegex', name: ['m', 'file'], regex: ['/(a+)+b'] },
    { kind: 'redirectRegex', name: ['m', 'file'], regex: '(a+)+b', replacement: '/x', permanent: false },
  ] as const satisfies MiddlewareModel[]) {
    const head = request(`/${'a'.repeat(9000)}`);
    const verdict = compileMiddleware(model, inContext()).request?.(head, exchangeOf(head), passing);
    assert.equal(
      verdict !== undefined && 'code' in verdict && verdict.code,
      'request.target-too-long',
      model.kind,
    );
  }
});
