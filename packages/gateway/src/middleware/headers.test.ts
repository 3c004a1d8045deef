import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RequestHead } from '../http/message.ts';
import {
  answered,
  fieldsOf,
  middlewareOf,
  requestHead,
  verdictOn,
  written,
} from '../testing/middleware-of.ts';

const preflight = (more: Readonly<Record<string, string>> = {}, head: Partial<RequestHead> = {}) =>
  requestHead({
    method: 'OPTIONS',
    headers: fieldsOf({ Origin: 'https://foo.bar.org', 'Access-Control-Request-Method': 'GET', ...more }),
    ...head,
  });

/** Traefik's own table of preflights. */
const preflights: readonly (readonly [yaml: string, origin: string, fields: readonly string[]])[] = [
  [
    'accessControlAllowMethods: [GET, OPTIONS, PUT], accessControlAllowOriginList: ["https://foo.bar.org"], accessControlMaxAge: 600',
    'https://foo.bar.org',
    [
      'Access-Control-Allow-Methods: GET,OPTIONS,PUT',
      'Access-Control-Max-Age: 600',
      'Access-Control-Allow-Origin: https://foo.bar.org',
    ],
  ],
  [
    'accessControlAllowMethods: [GET], accessControlAllowOriginList: ["*"], accessControlMaxAge: 600',
    'https://foo.bar.org',
    ['Access-Control-Allow-Methods: GET', 'Access-Control-Max-Age: 600', 'Access-Control-Allow-Origin: *'],
  ],
  [
    'accessControlAllowOriginList: ["https://a.example", "*", "https://foo.bar.org"], accessControlAllowCredentials: true',
    'https://a.example',
    [
      'Access-Control-Allow-Credentials: true',
      'Access-Control-Max-Age: 0',
      'Access-Control-Allow-Origin: https://a.example',
    ],
  ],
  [
    'accessControlAllowHeaders: ["*"], accessControlAllowOriginList: ["https://a.example"]',
    'https://b.example',
    ['Access-Control-Allow-Headers: *', 'Access-Control-Max-Age: 0'],
  ],
  [
    "accessControlAllowHeaders: [origin, X-Forwarded-For], accessControlAllowOriginListRegex: ['^https?://([a-z]+)\\.bar\\.org$']",
    'https://foo.bar.org',
    [
      'Access-Control-Allow-Headers: origin,X-Forwarded-For',
      'Access-Control-Max-Age: 0',
      'Access-Control-Allow-Origin: https://foo.bar.org',
    ],
  ],
];

describe('headers: preflights', () => {
  for (const [yaml, origin, fields] of preflights) {
    test(yaml, () => {
      const verdict = verdictOn(middlewareOf(`headers: {${yaml}}`), preflight({ Origin: origin }));
      assert.ok(verdict !== undefined && 'body' in verdict);
      assert.equal(verdict.status, 200);
      assert.equal(verdict.body.length, 0);
      assert.deepEqual(
        written(verdict.headers).filter((line) => !line.startsWith('Date:')),
        fields,
      );
    });
  }

  test('only what is one', () => {
    const cors = middlewareOf('headers: {accessControlMaxAge: 5}');
    assert.equal(verdictOn(cors, preflight({}, { method: 'GET' })), undefined);
    assert.equal(verdictOn(cors, preflight({ Origin: '' })), undefined);
    assert.equal(verdictOn(cors, preflight({ 'Access-Control-Request-Method': '' })), undefined);
    assert.ok(verdictOn(cors, preflight()) !== undefined);
    const others = middlewareOf('headers: {customRequestHeaders: {X-A: "1"}, frameDeny: true}');
    assert.equal(verdictOn(others, preflight()), undefined);
  });
});

const responses: readonly (readonly [
  yaml: string,
  origin: string,
  given: Readonly<Record<string, string>>,
  fields: readonly string[],
])[] = [
  ['accessControlAllowOriginList: ["*"]', 'https://foo.bar.org', {}, ['Access-Control-Allow-Origin: *']],
  ['accessControlAllowOriginList: ["*"]', '', {}, ['Access-Control-Allow-Origin: *']],
  ['accessControlAllowOriginList: ["https://foo.bar.org"]', '', {}, []],
  [
    'accessControlAllowOriginList: ["https://foo.bar.org"]',
    'https://foo.bar.org',
    { 'access-control-allow-origin': 'https://evil.example' },
    ['Access-Control-Allow-Origin: https://foo.bar.org'],
  ],
  ['accessControlAllowOriginList: ["https://foo.bar.org"]', 'https://bad.example', {}, []],
  [
    "accessControlAllowOriginListRegex: ['^https://[a-z]+\\.bar\\.org$']",
    'https://foo.bar.org.evil.example',
    {},
    [],
  ],
  ['accessControlAllowCredentials: true', '', {}, ['Access-Control-Allow-Credentials: true']],
  [
    'accessControlExposeHeaders: [origin, X-Forwarded-For]',
    '',
    {},
    ['Access-Control-Expose-Headers: origin,X-Forwarded-For'],
  ],
  ['addVaryHeader: true', '', {}, ['Vary: Origin']],
  ['addVaryHeader: true', '', { Vary: 'Testing' }, ['Vary: Testing,Origin']],
  ['addVaryHeader: true', '', { Vary: 'Origin' }, ['Vary: Origin']],
  ['addVaryHeader: true', '', { Vary: 'A', vary: 'b' }, ['Vary: A,b,Origin']],
  ['addVaryHeader: true', '', { Vary: 'Testing, origin' }, ['Vary: Testing, origin']],
];

describe('headers: CORS on responses', () => {
  for (const [yaml, origin, given, fields] of responses) {
    test(`${yaml} to ${origin || 'nobody'}`, () => {
      const request = requestHead({ headers: origin === '' ? [] : fieldsOf({ Origin: origin }) });
      assert.deepEqual(answered(middlewareOf(`headers: {${yaml}}`), request, fieldsOf(given)), fields);
    });
  }
});

const protection: readonly (readonly [yaml: string, over: 'http' | 'https', fields: readonly string[]])[] = [
  ['stsSeconds: 42', 'http', []],
  ['stsSeconds: 42', 'https', ['Strict-Transport-Security: max-age=42']],
  ['stsSeconds: 42, forceSTSHeader: true', 'http', ['Strict-Transport-Security: max-age=42']],
  [
    'stsSeconds: 1, stsIncludeSubdomains: true, stsPreload: true',
    'https',
    ['Strict-Transport-Security: max-age=1; includeSubDomains; preload'],
  ],
  ['stsSeconds: 42, isDevelopment: true', 'https', []],
  ['stsPreload: true, forceSTSHeader: true', 'https', []],
  ['frameDeny: true', 'http', ['X-Frame-Options: DENY']],
  ['frameDeny: true, customFrameOptionsValue: SAMEORIGIN', 'http', ['X-Frame-Options: SAMEORIGIN']],
  ['contentTypeNosniff: true', 'http', ['X-Content-Type-Options: nosniff']],
  ['browserXssFilter: true', 'http', ['X-Xss-Protection: 1; mode=block']],
  ['browserXssFilter: true, customBrowserXSSValue: "0"', 'http', ['X-Xss-Protection: 0']],
  ['contentSecurityPolicy: "default-src \'self\'"', 'http', ["Content-Security-Policy: default-src 'self'"]],
  ['contentSecurityPolicyReportOnly: a', 'http', ['Content-Security-Policy-Report-Only: a']],
  ['publicKey: pin', 'http', []],
  ['publicKey: pin', 'https', ['Public-Key-Pins: pin']],
  [
    'referrerPolicy: no-referrer, permissionsPolicy: "sync-xhr=()"',
    'http',
    ['Referrer-Policy: no-referrer', 'Permissions-Policy: sync-xhr=()'],
  ],
];

describe('headers: what protects browsers', () => {
  for (const [yaml, over, fields] of protection) {
    test(`${yaml} over ${over}`, () => {
      const request = requestHead({ secure: over === 'https' });
      assert.deepEqual(answered(middlewareOf(`headers: {${yaml}}`), request), fields);
    });
  }

  test('a field of a trusted proxy may say that a request came over TLS', () => {
    const yaml = 'headers: {stsSeconds: 1, sslProxyHeaders: {X-Forwarded-Proto: https}}';
    const over = (proto: string) =>
      answered(middlewareOf(yaml), requestHead({ headers: fieldsOf({ 'X-Forwarded-Proto': proto }) }));
    assert.deepEqual(over('https'), ['Strict-Transport-Security: max-age=1']);
    assert.deepEqual(over('http'), []);
  });

  test('replaces what the endpoint says, and gives way to what is set by name', () => {
    const yaml =
      'headers: {frameDeny: true, contentTypeNosniff: true, customResponseHeaders: {X-Frame-Options: A, Server: ""}}';
    const given = fieldsOf({ 'x-frame-options': 'B', 'X-Content-Type-Options': 'c', server: 's' });
    assert.deepEqual(answered(middlewareOf(yaml), requestHead(), given), [
      'X-Content-Type-Options: nosniff',
      'X-Frame-Options: A',
    ]);
  });
});

const hosts: readonly (readonly [yaml: string, head: Partial<RequestHead>, allowed: boolean])[] = [
  ['allowedHosts: [shop.example, www.example]', {}, true],
  ['allowedHosts: [SHOP.example]', { authority: 'Shop.Example' }, true],
  ['allowedHosts: [shop.example]', { authority: 'shop.example:81', host: 'shop.example' }, false],
  ['allowedHosts: ["shop.example:81"]', { authority: 'shop.example:81' }, true],
  ['allowedHosts: [other.example]', {}, false],
  ['allowedHosts: [other.example], isDevelopment: true', {}, true],
  [
    'allowedHosts: [other.example], hostsProxyHeaders: [X-Nothing, X-Forwarded-Host]',
    { headers: fieldsOf({ 'X-Forwarded-Host': 'other.example' }) },
    true,
  ],
  [
    'allowedHosts: [shop.example], hostsProxyHeaders: [X-Forwarded-Host]',
    { headers: fieldsOf({ 'X-Forwarded-Host': 'other.example' }) },
    false,
  ],
  ['allowedHosts: [other.example], customRequestHeaders: {Host: other.example}', {}, true],
];

describe('headers: allowed hosts', () => {
  for (const [yaml, head, allowed] of hosts) {
    test(`${yaml} lets ${allowed ? '' : 'not '}pass`, () => {
      const verdict = verdictOn(middlewareOf(`headers: {${yaml}}`), requestHead(head));
      if (allowed) assert.equal(verdict, undefined);
      else assert.equal(verdict !== undefined && 'code' in verdict && verdict.code, 'client.host-refused');
    });
  }
});
