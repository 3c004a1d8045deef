import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RequestHead } from '../http/message.ts';
import type { Matcher } from '../model/model.ts';
import { someHosts, someMatcher, someMethods, somePaths } from '../rules/arbitrary-matcher.ts';
import { compileMatcher } from '../rules/compile.ts';
import { placementsOf } from './placement.ts';
import { buildRouteTable, type Routable } from './route-table.ts';

function request(host: string, path = '/', over: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    path,
    query: undefined,
    authority: host,
    host,
    headers: [],
    clientAddress: '10.0.0.1',
    secure: false,
    ...over,
  };
}

const router = (matcher: Matcher, priority = 0, tls = false): Routable => ({ matcher, priority, tls });
const host = (name: string): Matcher => ({ kind: 'host', host: name });
const under = (path: string): Matcher => ({ kind: 'pathPrefix', path });

/** What the table must agree with: every router, one by one. */
function scan(routers: readonly Routable[], head: RequestHead): Routable | undefined {
  return [...routers]
    .sort((a, b) => b.priority - a.priority)
    .find((one) => one.tls === head.secure && compileMatcher(one.matcher)(head));
}

const someRouters = fc.array(
  fc.record({ matcher: someMatcher, priority: fc.integer({ min: -2, max: 3 }), tls: fc.boolean() }),
  { maxLength: 12 },
);
const someRequest = fc
  .record({
    host: fc.constantFrom(...someHosts, '', 'other.net', 'y.a.com'),
    path: fc.constantFrom(...somePaths, '/a%20b'),
    method: fc.constantFrom(...someMethods),
    query: fc.constantFrom(undefined, '', 'v=', 'v=v'),
    headers: fc.constantFrom([], ['x-a', 'v', 'X-A']),
    clientAddress: fc.constantFrom('10.0.0.1', '192.0.2.7', '::1'),
    secure: fc.boolean(),
  })
  .map((over) => request(over.host, over.path, { ...over, headers: [...over.headers] }));

test('the table agrees with trying every router in order of priority', () => {
  fc.assert(
    fc.property(someRouters, fc.array(someRequest, { minLength: 1, maxLength: 8 }), (routers, requests) => {
      const table = buildRouteTable(routers);
      for (const head of requests) assert.equal(table.match(head), scan(routers, head));
    }),
    { numRuns: 4000 },
  );
});

/** Rules as people write them, so alike that places hold many. */
const part = {
  host: fc.constantFrom<Matcher | undefined>(
    undefined,
    host('a.com'),
    host('b.com'),
    host('*.a.com'),
    { kind: 'hostRegexp', regexp: '^[xy]\\.a\\.com$' },
    { kind: 'or', of: [host('a.com'), host('*.a.com')] },
  ),
  path: fc.constantFrom<Matcher | undefined>(
    undefined,
    under('/'),
    under('/a'),
    under('/a/b'),
    under('/ab'),
    { kind: 'path', path: '/a/b' },
    { kind: 'path', path: '/a b' },
    { kind: 'pathRegexp', regexp: '^/a/[bc]' },
    { kind: 'or', of: [under('/a/b'), { kind: 'path', path: '/b' }] },
    { kind: 'not', of: under('/a') },
  ),
  value: fc.oneof(
    fc.constant<Matcher | undefined>(undefined),
    fc.constantFrom('v', 'w', 'é').map((value): Matcher => ({ kind: 'header', name: 'x-a', value })),
    fc.constantFrom('v', 'w').map((value): Matcher => ({ kind: 'header', name: 'x-b', value })),
    fc.constantFrom('v', '').map((value): Matcher => ({ kind: 'query', name: 'q', value })),
    fc.constantFrom('GET', 'POST').map((method): Matcher => ({ kind: 'method', method })),
    fc.constant<Matcher>({
      kind: 'or',
      of: ['v', 'w'].map((value) => ({ kind: 'header', name: 'x-a', value })),
    }),
  ),
};
const ordinary = fc
  .record({ ...part, priority: fc.integer({ min: 0, max: 20 }) })
  .map(({ host, path, value, priority }): Routable => {
    const of = [host, path, value].filter((one) => one !== undefined);
    return router(of.length === 1 ? of[0]! : { kind: 'and', of }, priority);
  });
const ordinaryRequest = fc
  .record({
    host: fc.constantFrom('a.com', 'b.com', 'x.a.com', 'x.y.a.com', 'c.org', '', '.a.com', 'com'),
    path: fc.constantFrom('/', '/a', '/a/b', '/a/c', '/ab', '/a%20b', '/b', '*', '/é'),
    query: fc.constantFrom(undefined, 'q=v', 'q', 'q=v&q=w'),
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    headers: fc.subarray(['x-a v', 'x-a w', 'x-b v', 'x-a \xc3\xa9']),
  })
  .map(({ headers, ...over }) =>
    request(over.host, over.path, {
      ...over,
      headers: headers.flatMap((text) => [text.slice(0, 3), text.slice(4), text.slice(0, 3)]),
    }),
  );

test('a table of many alike agrees with trying every router in order of priority', () => {
  fc.assert(
    fc.property(
      fc.array(ordinary, { maxLength: 80, size: 'max' }),
      fc.array(ordinaryRequest, { minLength: 1, maxLength: 20 }),
      (routers, requests) => {
        const table = buildRouteTable(routers);
        for (const head of requests) assert.equal(table.match(head), scan(routers, head));
      },
    ),
    { numRuns: 1000 },
  );
});

test('priority decides between a host and none, and order between equals', () => {
  const shop = router(host('shop.example'), 5);
  const api = router(under('/api'), 9);
  const rest = router(under('/'), 1);
  const late = router(under('/'), 1);
  const table = buildRouteTable([rest, late, shop, api]);
  assert.equal(table.match(request('shop.example', '/api/x')), api);
  assert.equal(table.match(request('shop.example', '/x')), shop);
  assert.equal(table.match(request('else.example', '/x')), rest);
});

test('TLS routers take TLS requests only, and the others cleartext only, unless the table is for any transport', () => {
  const secure = router(under('/'), 0, true);
  const clear = router(under('/'), 0, false);
  const table = buildRouteTable([clear, secure]);
  assert.equal(table.match(request('a', '/', { secure: true })), secure);
  assert.equal(table.match(request('a', '/')), clear);
  assert.equal(
    buildRouteTable([clear], { anyTransport: true }).match(request('a', '/', { secure: true })),
    clear,
  );
});

test('a router that can match no host is never found', () => {
  const table = buildRouteTable([router({ kind: 'and', of: [host('a'), host('b')] })]);
  assert.equal(table.match(request('a')), undefined);
});

/** How many routers were tried to find the last of ten thousand: each test looks at the client's address once. */
function tries(matcher: (i: number) => Matcher, over: (i: number) => Partial<RequestHead>): number {
  const routers = Array.from({ length: 10_000 }, (_, i): Routable => {
    const own: Matcher = { kind: 'clientIP', cidr: '10.0.0.0/8' };
    return router({ kind: 'and', of: [matcher(i), own] });
  });
  const table = buildRouteTable(routers);
  let asked = 0;
  const watched = new Proxy(request('a.com', '/', over(9999)), {
    get(target, key, receiver) {
      if (key === 'clientAddress') asked++;
      return Reflect.get(target, key, receiver);
    },
  });
  assert.equal(table.match(watched), routers[9999]);
  return asked;
}

test('of ten thousand only the own one is tried, whatever tells them apart', () => {
  const and = (...of: Matcher[]): Matcher => ({ kind: 'and', of });
  const is = (name: string, i: number): Matcher => ({ kind: 'header', name, value: `v${i}` });
  assert.equal(
    tries(
      (i) => host(`h${i}.com`),
      (i) => ({ host: `h${i}.com` }),
    ),
    1,
  );
  assert.equal(
    tries(
      (i) => host(`*.h${i}.com`),
      (i) => ({ host: `x.h${i}.com` }),
    ),
    1,
  );
  assert.equal(
    tries(
      (i) => and(host('a.com'), under(`/p${i}/`)),
      (i) => ({ path: `/p${i}/x` }),
    ),
    1,
  );
  assert.equal(
    tries(
      (i) => ({ kind: 'path', path: `/p${i}` }),
      (i) => ({ path: `/p${i}` }),
    ),
    1,
  );
  const regexp = (i: number): Matcher => ({ kind: 'pathRegexp', regexp: `^/p${i}/[a-z]+$` });
  assert.equal(
    tries(regexp, (i) => ({ path: `/p${i}/x` })),
    1,
  );
  const header = (i: number) => ({ headers: ['x-t', `v${i}`, 'X-T'] });
  assert.equal(
    tries((i) => and(host('a.com'), is('x-t', i)), header),
    1,
  );
  const query = (i: number): Matcher => ({ kind: 'query', name: 'q', value: `${i}` });
  assert.equal(
    tries(query, (i) => ({ query: `q=${i}` })),
    1,
  );
});

test('what was worked out for a matcher is kept for the next table', () => {
  const routers = Array.from({ length: 5 }, (_, i) => router(under(`/p${i}`)));
  buildRouteTable(routers);
  const before = placementsOf(routers[3]!.matcher);
  buildRouteTable(routers.map((one) => ({ ...one, priority: 7 })));
  assert.equal(placementsOf(routers[3]!.matcher), before);
});
