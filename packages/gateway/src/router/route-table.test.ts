import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RequestHead } from '../http/message.ts';
import type { Matcher } from '../model/model.ts';
import { someHosts, someMatcher, someMethods, somePaths } from '../rules/arbitrary-matcher.ts';
import { compileMatcher } from '../rules/compile.ts';
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

test('of ten thousand hosts only the own one is tried', () => {
  let asked = 0;
  const routers = Array.from({ length: 10_000 }, (_, i): Routable => {
    const of = [host(`h${i}.example`), under('/')];
    return router({ kind: 'and', of });
  });
  const table = buildRouteTable(routers);
  const head = request('h9999.example');
  const watched = new Proxy(head, {
    get(target, key, receiver) {
      if (key === 'path') asked++;
      return Reflect.get(target, key, receiver);
    },
  });
  assert.equal(table.match(watched), routers[9999]);
  assert.equal(asked, 1);
});
