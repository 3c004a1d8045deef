import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { getHeader } from '../http/headers.ts';
import { canonicalPath } from '../http/path.ts';
import { middlewareOf, requestHead, verdictOn } from '../testing/middleware-of.ts';

/** `told` is what X-Forwarded-Prefix or X-Replaced-Path says; `refused` stands for a 400. */
const rewritten: readonly (readonly [yaml: string, path: string, result: string, told?: string])[] = [
  // Traefik's tables, with what canonical paths make of them.
  ['stripPrefixRegex: {regex: ["/a/api/"]}', '/a/test', '/a/test'],
  ['stripPrefixRegex: {regex: ["/a/api/"]}', '/a/api/test', '/test', '/a/api/'],
  ['stripPrefixRegex: {regex: ["/b/([a-z0-9]+)/"]}', '/b/api/', '/', '/b/api/'],
  ['stripPrefixRegex: {regex: ["/b/([a-z0-9]+)/"]}', '/b/api/test1/', '/test1/', '/b/api/'],
  ['stripPrefixRegex: {regex: ["/c/api/123/[^/]+"]}', '/c/api/123/456', '/', '/c/api/123/456'],
  ['stripPrefixRegex: {regex: ["^/nothing", "/[^/]+"]}', '/a/b', '/b', '/a'],
  ['stripPrefixRegex: {regex: ["/b"]}', '/a/b', '/a/b'],
  ['stripPrefixRegex: {regex: ["x*"]}', '/a', '/a'],
  ['stripPrefixRegex: {regex: ["/é+"]}', '/%C3%A9%C3%A9/x', '/x', '/%C3%A9%C3%A9'],
  ['stripPrefixRegex: {regex: ["/a%2Fb"]}', '/a%2Fb/x', '/x', '/a%2Fb'],
  ['stripPrefixRegex: {regex: ["/a b"]}', '/a%20b/x', '/x', '/a%20b'],
  ['stripPrefixRegex: {regex: ["/api"]}', '/api../admin', 'refused'],
  ['stripPrefixRegex: {regex: ["/api"]}', '/api.', 'refused'],
  ['replacePath: {path: /replacement}', '/example', '/replacement', '/example'],
  ['replacePath: {path: replacement}', '/', '/replacement', '/'],
  ['replacePath: {path: "/a%20b/é%2f"}', '/%C3%A9', '/a%20b/%C3%A9%2F', '/%C3%A9'],
  [
    'replacePathRegex: {regex: "^/whoami/(.*)", replacement: "/who-am-i/$1"}',
    '/whoami/and/whoami',
    '/who-am-i/and/whoami',
    '/whoami/and/whoami',
  ],
  [
    'replacePathRegex: {regex: "/whoami", replacement: "/who-am-i"}',
    '/whoami/and/whoami',
    '/who-am-i/and/who-am-i',
    '/whoami/and/whoami',
  ],
  ['replacePathRegex: {regex: "/no-match", replacement: "/who-am-i"}', '/whoami', '/whoami'],
  [
    'replacePathRegex: {regex: "^(?i)/downloads/([^/]+)/([^/]+)$", replacement: "/downloads/$1-$2"}',
    '/Downloads/gcc/v1',
    '/downloads/gcc-v1',
    '/Downloads/gcc/v1',
  ],
  [`replacePathRegex: {regex: "^/(?P<a>[a-z]+)", replacement: "/\${a}s"}`, '/item', '/items', '/item'],
  ['replacePathRegex: {regex: "^/foo(.*)", replacement: "/bar/$1"}', '/foo/x', '/bar/x', '/foo/x'],
  ['replacePathRegex: {regex: "^/foo(.*)", replacement: "bar$1"}', '/foo/x', '/bar/x', '/foo/x'],
  ['replacePathRegex: {regex: "^/foo", replacement: "/é {$$}"}', '/foo', '/%C3%A9%20%7B$%7D', '/foo'],
  ['replacePathRegex: {regex: "^/foo/(.*)", replacement: "/$1"}', '/foo/%2e%2e', 'refused'],
  ['replacePathRegex: {regex: "^/foo(.*)", replacement: "/$1"}', '/foo../admin', 'refused'],
  ['replacePathRegex: {regex: "^/a(.*)", replacement: "/%2$1"}', '/ag', '/%252g', '/ag'],
  ['addPrefix: {prefix: /a}', '/b', '/a/b'],
];

describe('paths', () => {
  for (const [yaml, path, result, told] of rewritten) {
    test(`${yaml} makes ${result} of ${path}`, () => {
      const head = requestHead({ path, query: 'q=1' });
      const verdict = verdictOn(middlewareOf(yaml), head);
      assert.equal(verdict === undefined ? head.path : 'refused', result);
      assert.equal(head.query, 'q=1');
      const fields = ['x-forwarded-prefix', 'x-replaced-path'].map((name) => getHeader(head.headers, name));
      assert.deepEqual(
        fields.filter((value) => value !== undefined),
        told === undefined ? [] : [told],
      );
      if (verdict !== undefined) assert.equal('code' in verdict && verdict.code, 'request.malformed');
    });
  }

  test('empty segments stay where the entrypoint keeps them', () => {
    const head = requestHead({ path: '/foo//x', keepsEmptySegments: true });
    const middleware = middlewareOf('replacePathRegex: {regex: "^/foo/(.*)", replacement: "/bar/$1"}');
    assert.equal(verdictOn(middleware, head), undefined);
    assert.equal(head.path, '/bar//x');
  });

  test('rewritten paths are canonical, whatever came in', () => {
    const middlewares = [
      middlewareOf('stripPrefixRegex: {regex: ["/a.*/", "/api", "/[^/]*"]}'),
      middlewareOf('replacePathRegex: {regex: "a(.)", replacement: "$1/.$1"}'),
      middlewareOf('replacePathRegex: {regex: "%", replacement: "$0/"}'),
    ];
    const piece = fc.constantFrom('/', '.', '..', '%2F', '%5C', '%25', 'api', 'a', ';', '%C3', '%A9');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.constantFrom(...middlewares),
        (pieces, middleware) => {
          const path = canonicalPath(`/${pieces.join('')}`);
          if (path === undefined) return;
          const head = requestHead({ path });
          if (verdictOn(middleware, head) === undefined) assert.equal(canonicalPath(head.path), head.path);
          else assert.equal(head.path, path);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

const escapes: readonly (readonly [key: string, escaped: string])[] = [
  ['allowEncodedSlash', '%2F'],
  ['allowEncodedBackSlash', '%5C'],
  ['allowEncodedSemicolon', '%3B'],
  ['allowEncodedPercent', '%25'],
  ['allowEncodedQuestionMark', '%3F'],
  ['allowEncodedHash', '%23'],
];

describe('encodedCharacters', () => {
  for (const [key, escaped] of escapes) {
    test(`${escaped} is refused unless ${key}`, () => {
      const path = `/a${escaped}b`;
      const verdict = verdictOn(middlewareOf('encodedCharacters: {}'), requestHead({ path }));
      assert.deepEqual(verdict, {
        code: 'request.path-refused',
        detail: `${escaped} is not allowed in a path here`,
      });
      assert.equal(
        verdictOn(middlewareOf(`encodedCharacters: {${key}: true}`), requestHead({ path })),
        undefined,
      );
    });
  }

  test('others pass', () => {
    assert.equal(
      verdictOn(middlewareOf('encodedCharacters: {}'), requestHead({ path: '/%C3%A9%20' })),
      undefined,
    );
    const all = escapes.map(([key]) => `${key}: true`).join(', ');
    assert.equal(middlewareOf(`encodedCharacters: {${all}}`).request, undefined);
  });
});
