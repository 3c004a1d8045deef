import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getHeader } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import { fieldsOf, middlewareOf, requestHead, verdictOn } from '../testing/middleware-of.ts';
import { redirectTo } from './redirect.ts';

/** A URL, as a request for it comes. */
function asked(url: string, more: Partial<RequestHead> = {}): RequestHead {
  const [, scheme, authority = '', path = '/', query] =
    /^(https?):\/\/([^/]*)(\/[^?]*)?(?:\?(.*))?$/.exec(url) ?? [];
  return requestHead({
    path,
    query,
    authority,
    host: authority.replace(/:\d+$/, ''),
    secure: scheme === 'https',
    ...more,
  });
}

const proto = (value: string): Partial<RequestHead> => ({
  headers: fieldsOf({ 'X-Forwarded-Proto': value }),
});

/** Traefik's tables; '' passes. */
const cases: readonly (readonly [
  yaml: string,
  url: string,
  status: number,
  location: string,
  more?: Partial<RequestHead>,
])[] = [
  ['redirectScheme: {scheme: https}', 'http://foo', 302, 'https://foo/'],
  ['redirectScheme: {scheme: https}', 'http://foo/a/b?c=d&e', 302, 'https://foo/a/b?c=d&e'],
  ['redirectScheme: {scheme: https}', 'http://foo/?', 302, 'https://foo/?'],
  ['redirectScheme: {scheme: https}', 'http://foo', 0, '', proto('https')],
  ['redirectScheme: {scheme: https}', 'http://foo', 302, 'https://foo/', proto('http')],
  ['redirectScheme: {scheme: https}', 'http://foo', 302, 'https://foo/', proto('ws')],
  ['redirectScheme: {scheme: https}', 'http://foo', 0, '', proto('WSS')],
  ['redirectScheme: {scheme: https}', 'http://foo', 302, 'https://foo/', proto('bar')],
  ['redirectScheme: {scheme: https}', 'https://foo', 0, ''],
  ['redirectScheme: {scheme: https}', 'https://foo:443', 0, ''],
  ['redirectScheme: {scheme: https}', 'https://foo:8443', 302, 'https://foo/'],
  ['redirectScheme: {scheme: https, port: 8443}', 'http://foo:80', 302, 'https://foo:8443/'],
  ['redirectScheme: {scheme: https, port: "8443"}', 'https://foo:8443', 0, ''],
  ['redirectScheme: {scheme: https, port: "443"}', 'http://foo:8080/x', 302, 'https://foo/x'],
  ['redirectScheme: {scheme: http, port: "80"}', 'https://foo:8080', 302, 'http://foo/'],
  ['redirectScheme: {scheme: http, port: "8080"}', 'http://foo:8000', 302, 'http://foo:8080/'],
  ['redirectScheme: {scheme: https}', 'http://[::1]:8080/x', 302, 'https://[::1]/x'],
  ['redirectScheme: {scheme: https, port: "1"}', 'http://[::1]/x', 302, 'https://[::1]:1/x'],
  ['redirectScheme: {scheme: https, permanent: true}', 'http://foo', 301, 'https://foo/'],
  ['redirectScheme: {scheme: https, permanent: true}', 'http://foo', 308, 'https://foo/', { method: 'POST' }],
  ['redirectScheme: {scheme: https}', 'http://foo', 307, 'https://foo/', { method: 'HEAD' }],
  [
    `redirectRegex: {regex: "^(?:http?:\\\\/\\\\/)(foo)(\\\\.com)(:\\\\d+)(.*)$", replacement: "https://\${1}bar\${2}:443$4"}`,
    'http://foo.com:80',
    302,
    'https://foobar.com:443/',
  ],
  [
    `redirectRegex: {regex: "^(?:http?:\\\\/\\\\/)(foo)(\\\\.com)(:\\\\d+)(.*)$", replacement: "https://\${1}bar\${2}:443$4"}`,
    'http://bar.com:80',
    0,
    '',
  ],
  [
    'redirectRegex: {regex: "^http://(.*)", replacement: "https://$1"}',
    'http://foo/a?b=c',
    302,
    'https://foo/a?b=c',
  ],
  ['redirectRegex: {regex: "^http://(.*)", replacement: "https://$1"}', 'https://foo/a', 0, ''],
  ['redirectRegex: {regex: "^https://foo", replacement: "https://foo"}', 'https://foo/a', 0, ''],
  [
    'redirectRegex: {regex: "^https?://old/([^?]*)", replacement: "/é $1"}',
    'https://old/a?b',
    302,
    '/%C3%A9%20a?b',
  ],
  [
    'redirectRegex: {regex: "/a$", replacement: "/b", permanent: true}',
    'http://foo/a',
    308,
    'http://foo/b',
    { method: 'PUT' },
  ],
];

describe('redirects', () => {
  for (const [yaml, url, status, location, more] of cases) {
    test(`${yaml}: ${more?.method ?? 'GET'} ${url} ${JSON.stringify(more?.headers ?? '')}`, () => {
      const verdict = verdictOn(middlewareOf(yaml), asked(url, more));
      if (status === 0) {
        assert.equal(verdict, undefined);
        return;
      }
      assert.ok(verdict !== undefined && 'body' in verdict);
      assert.deepEqual([verdict.status, getHeader(verdict.headers, 'location')], [status, location]);
    });
  }

  test('no header is begun by what is redirected to', () => {
    for (const location of [
      'https://a/\r\nSet-Cookie: x',
      'https://a/\n',
      'https://a/\0',
      'https://a/\x7f',
    ]) {
      const verdict = redirectTo(location, 'GET', false);
      assert.equal('code' in verdict && verdict.code, 'request.malformed');
    }
  });

  test('a request without Host leads nowhere', () => {
    const verdict = verdictOn(
      middlewareOf('redirectScheme: {scheme: https}'),
      requestHead({ authority: '' }),
    );
    assert.equal(verdict !== undefined && 'code' in verdict && verdict.code, 'request.malformed');
  });
});
