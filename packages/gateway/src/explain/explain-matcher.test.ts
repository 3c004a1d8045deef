import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RequestHead } from '../http/message.ts';
import { someHosts, someMatcher, someMethods, somePaths } from '../rules/arbitrary-matcher.ts';
import { compileMatcher } from '../rules/compile.ts';
import { parseRule } from '../rules/parse-rule.ts';
import { explainMatcher } from './explain-matcher.ts';

const head = (over: Partial<RequestHead> = {}): RequestHead => ({
  method: 'GET',
  path: '/api/orders',
  query: 'page=2',
  authority: 'shop.example',
  host: 'shop.example',
  headers: ['x-user', '7', 'X-User', 'x-two', 'a', 'X-Two', 'x-two', 'b', 'X-Two'],
  clientAddress: '192.0.2.7',
  secure: true,
  ...over,
});

const someHead = fc
  .record({
    host: fc.constantFrom(...someHosts, '', 'y.a.com'),
    path: fc.constantFrom(...somePaths, '/a%20b'),
    method: fc.constantFrom(...someMethods),
    query: fc.constantFrom(undefined, '', 'v=', 'v=v'),
    headers: fc.constantFrom([], ['x-a', 'v', 'X-A']),
    clientAddress: fc.constantFrom('10.0.0.1', '192.0.2.7', '::1'),
  })
  .map((over) => head({ ...over, headers: [...over.headers] }));

test('it agrees with the compiled matcher, and always names what decided', () => {
  fc.assert(
    fc.property(someMatcher, someHead, (matcher, request) => {
      const verdict = explainMatcher(matcher, request);
      assert.equal(verdict.matches, compileMatcher(matcher)(request));
      assert.ok(verdict.because.length > 0);
    }),
    { numRuns: 3000 },
  );
});

function because(rule: string, request = head()): string {
  const parsed = parseRule(rule);
  assert.ok(parsed.ok, rule);
  const verdict = explainMatcher(parsed.matcher, request);
  return `${verdict.matches}: ${verdict.because.map(({ matcher, found }) => `${matcher}: ${found}`).join('; ')}`;
}

const table: readonly (readonly [rule: string, told: string])[] = [
  ['Header(`X-User`, `8`)', 'false: Header(`x-user`, `8`): the request has `7`'],
  ['Header(`X-Two`, `c`)', 'false: Header(`x-two`, `c`): the request has `a` and `b`'],
  ['Header(`X-None`, `c`)', 'false: Header(`x-none`, `c`): the request has none'],
  ['Host(`a`) && Path(`/b`)', 'false: Host(`a`): the host is `shop.example`'],
  ['Host(`shop.example`) && Path(`/b`)', 'false: Path(`/b`): the path is `/api/orders`'],
  [
    'Path(`/a`) || Method(`POST`)',
    'false: Path(`/a`): the path is `/api/orders`; Method(`POST`): the method is `GET`',
  ],
  ['!PathPrefix(`/api`)', 'false: !PathPrefix(`/api`): the path is `/api/orders`'],
  [
    '!(Method(`GET`) && !Query(`x`))',
    'false: !Method(`GET`): the method is `GET`; Query(`x`, ``): the query is `page=2`',
  ],
  ['ClientIP(`10.0.0.0/8`)', 'false: ClientIP(`10.0.0.0/8`): the client is 192.0.2.7'],
  ['Host(`a`) || Query(`page`, `2`)', 'true: Query(`page`, `2`): the query is `page=2`'],
];
for (const [rule, told] of table) {
  test(`${rule} is ${told}`, () => assert.equal(because(rule), told));
}

test('parts that match make a miss near', () => {
  const rule = (text: string) => {
    const parsed = parseRule(text);
    assert.ok(parsed.ok);
    return explainMatcher(parsed.matcher, head()).matchingParts;
  };
  assert.equal(rule('Host(`shop.example`) && PathPrefix(`/api`) && Method(`POST`)'), 2);
  assert.equal(rule('Host(`shop.example`) && Path(`/`)'), 1);
  assert.equal(rule('Path(`/`)'), 0);
});
