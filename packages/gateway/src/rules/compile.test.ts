import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestHead } from '../http/message.ts';
import { canonicalTarget } from '../http/path.ts';
import { compileMatcher } from './compile.ts';
import { parseRule } from './parse-rule.ts';

function request(target: string, over: Partial<RequestHead> = {}): RequestHead {
  const split = canonicalTarget(target);
  assert.ok('path' in split);
  return {
    method: 'GET',
    path: split.path,
    query: split.query,
    authority: 'shop.example',
    host: 'shop.example',
    headers: ['x-a', '1', 'X-A', 'x-a', '\xc3\xa9', 'x-a'],
    clientAddress: '10.1.2.3',
    secure: false,
    ...over,
  };
}

const cases: readonly (readonly [rule: string, request: RequestHead, matches: boolean])[] = [
  ['Host(`SHOP.example`)', request('/'), true],
  ['Host(`example`)', request('/'), false],
  ['Host(`*.example`)', request('/'), true],
  ['Host(`*.example`)', request('/', { host: 'a.shop.example' }), false],
  ['Host(`*.example`)', request('/', { host: 'example' }), false],
  ['Host(`*.example`)', request('/', { host: '.example' }), false],
  ['Host(`*`)', request('/', { host: '' }), true],
  ['PathPrefix(`/products`)', request('/products-for-sale'), true],
  ['PathPrefix(`/products/`)', request('/products'), false],
  ['PathPrefix(`/admin`)', request('/x/..//%61dmin/'), true],
  ['Path(`/a`)', request('/a?b'), true],
  ['Path(`/a`)', request('/a/'), false],
  ['Path(`/é b`)', request('/%c3%a9%20b'), true],
  ['Path(`/a%2fb`)', request('/a%2Fb'), true],
  ['Method(`get`)', request('/'), true],
  ['Method(`POST`)', request('/'), false],
  ['Header(`X-A`, `1`)', request('/'), true],
  ['Header(`x-a`, `é`)', request('/'), true],
  ['Header(`x-a`, `2`)', request('/'), false],
  ['Query(`a`)', request('/?b=1&a'), true],
  ['Query(`a`)', request('/?a='), true],
  ['Query(`a`)', request('/?a=1'), false],
  ['Query(`a`)', request('/?b=a'), false],
  ['Query(`a`)', request('/'), false],
  ['Query(`a b`, `c&é`)', request('/?a+b=c%26%C3%A9'), true],
  ['Query(`a`, `2`)', request('/?a=1&a=2'), true],
  ['Query(`a`, ``)', request('/?a=1'), false],
  ['Query(`a`)', request('/?a;b=1&%zz=1&a%ff=1'), false],
  ['HostRegexp(`^[a-z]+\\.example$`)', request('/'), true],
  ['HostRegexp(`^(?:a|b)\\.example$`)', request('/'), false],
  ['HostRegexp(`Shop`)', request('/'), false],
  ['HostRegexp(`(?i)Shop`)', request('/'), true],
  ['HostRegexp(`^$`)', request('/', { host: '' }), true],
  ['PathRegexp(`^/products/[0-9]+$`)', request('/products/42'), true],
  ['PathRegexp(`^/products/[0-9]+$`)', request('/products/x'), false],
  ['PathRegexp(`[0-9]`)', request('/a/b2/c'), true],
  ['PathRegexp(`^/é.b$`)', request('/%c3%a9%20b'), true],
  ['PathRegexp(`^/a/b$`)', request('/a%2Fb'), false],
  ['PathRegexp(`^/a%2Fb$`)', request('/a%2fb'), true],
  ['PathRegexp(`^/a%25b$`)', request('/a%25b'), true],
  ['PathRegexp(`^/a.b$`)', request('/a%ffb'), true],
  ['PathRegexp(`?b`)'.replace('?', '\\?'), request('/a?b'), false],
  ['HeaderRegexp(`X-a`, `^[0-9]$`)', request('/'), true],
  ['HeaderRegexp(`x-a`, `^é$`)', request('/'), true],
  ['HeaderRegexp(`x-a`, `^..$`)', request('/'), false],
  ['HeaderRegexp(`x-b`, ``)', request('/'), false],
  ['QueryRegexp(`a`, `^[0-9]+$`)', request('/?a=x&a=12'), true],
  ['QueryRegexp(`a`, `^[0-9]+$`)', request('/?b=12'), false],
  ['QueryRegexp(`a`, `^é c$`)', request('/?a=%C3%A9+c'), true],
  ['QueryRegexp(`a`)', request('/?a'), true],
  ['QueryRegexp(`a`)', request('/?a=b'), false],
  ['!HostRegexp(`^shop`) || PathRegexp(`^/x`) && Method(`GET`)', request('/x'), true],
  ['ClientIP(`10.0.0.0/8`)', request('/'), true],
  ['ClientIP(`10.1.2.3`)', request('/'), true],
  ['ClientIP(`2001:db8::/32`)', request('/', { clientAddress: '2001:db8::1' }), true],
  ['ClientIP(`::/0`)', request('/'), false],
  ['Host(`x`) || Host(`y`) || PathPrefix(`/`)', request('/'), true],
  ['PathPrefix(`/`) && Method(`GET`) && !Header(`x-a`, `1`)', request('/'), false],
  ['Host(`x`) || Method(`GET`)', request('/'), true],
  ['Host(`x`) || Method(`PUT`)', request('/'), false],
];
for (const [rule, head, matches] of cases) {
  test(`${rule} ${matches ? 'takes' : 'leaves'} ${head.host} ${head.path} ${head.query ?? ''}`, () => {
    const parsed = parseRule(rule);
    assert.ok(parsed.ok);
    assert.equal(compileMatcher(parsed.matcher)(head), matches);
  });
}
