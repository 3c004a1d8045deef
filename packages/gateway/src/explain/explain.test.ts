import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExplainRequest } from '@ficus/common/api/explain.ts';
import fc from 'fast-check';
import { buildRouteTable } from '../router/route-table.ts';
import { readAsk } from './ask.ts';
import { explain } from './explain.ts';
import { routeList } from './routes.ts';
import { viewOf } from './testing.ts';

const shop = `
http:
  routers:
    seven: {rule: "Host(\`shop.example\`) && Header(\`X-User\`, \`7\`)", service: beta, priority: 100}
    api: {rule: "Host(\`shop.example\`) && PathPrefix(\`/api\`)", service: orders, middlewares: [strip, secret], priority: 50}
    all: {rule: "PathPrefix(\`/\`)", service: monolith, priority: 1}
    gone: {rule: "Path(\`/gone\`)", service: ordres, priority: 70}
  middlewares:
    strip: {stripPrefix: {prefixes: [/api]}}
    secret: {headers: {customRequestHeaders: {Authorization: "Bearer hunter2"}}}
  services:
    monolith: {loadBalancer: {servers: [{url: "http://10.0.0.1:8080"}]}}
    beta: {loadBalancer: {servers: [{url: "http://10.0.0.2:8080"}, {url: "http://10.0.0.3:8080", weight: 3}]}}
    orders: {weighted: {services: [{name: monolith, weight: 9}, {name: beta, weight: 1}]}}
`;
const get = (url: string, over: Partial<ExplainRequest> = {}): ExplainRequest => ({
  method: 'GET',
  url,
  ...over,
});

test('the first router that matches, those before it with the reason, its middlewares and its service', () => {
  const told = explain(
    viewOf(shop),
    get('https://shop.example/api/orders?x=1', { headers: [['X-User', '8']] }),
  );
  assert.equal(told.outcome, 'service');
  assert.deepEqual(told.request, {
    method: 'GET',
    host: 'shop.example',
    path: '/api/orders',
    query: 'x=1',
    from: '127.0.0.1',
    entryPoint: 'websecure',
    tls: true,
  });
  assert.deepEqual(
    told.routers.map(({ name, priority }) => [name, priority]),
    [['api@file', 50]],
  );
  assert.equal(told.passedOver.count, 2);
  assert.deepEqual(
    told.passedOver.nearest.map(({ name, because }) => [
      name,
      ...because.map((each) => `${each.matcher}: ${each.found}`),
    ]),
    [
      ['seven@file', 'Header(`x-user`, `7`): the request has `8`'],
      ['gone@file', 'Path(`/gone`): the path is `/api/orders`'],
    ],
  );
  assert.deepEqual(
    told.alsoMatching.map(({ name }) => name),
    ['all@file'],
  );
  assert.deepEqual(
    told.middlewares.map(({ name, kind, effect }) => [name, kind, effect]),
    [
      ['strip@file', 'stripPrefix', 'path /api/orders → /orders; sets X-Forwarded-Prefix'],
      ['secret@file', 'headers', 'sets Authorization'],
    ],
  );
  assert.ok(!JSON.stringify(told).includes('hunter2'));
  const { service } = told;
  assert.equal(service?.kind, 'weighted');
  assert.deepEqual(
    service.services?.map(({ name, weight, share, health }) => [name, weight, share, health]),
    [
      ['monolith@file', 9, 0.9, 'up'],
      ['beta@file', 1, 0.1, 'up'],
    ],
  );
  assert.deepEqual(
    service.services?.[1]?.endpoints?.map(({ url, share }) => [url, share]),
    [
      ['http://10.0.0.2:8080', 0.25],
      ['http://10.0.0.3:8080', 0.75],
    ],
  );
});

test('what is down gives its share to the others, and a service without any answers 503', () => {
  const view = viewOf(shop, { down: { '10.0.0.1:8080': 'GET / answered 500' } });
  const told = explain(view, get('http://shop.example/api/orders'));
  assert.deepEqual(
    told.service?.services?.map(({ share, health, reason }) => [share, health, reason]),
    [
      [0, 'down', 'GET / answered 500'],
      [1, 'up', undefined],
    ],
  );
  const monolith = explain(view, get('http://shop.example/'));
  assert.deepEqual(
    [monolith.outcome, monolith.status, monolith.code, monolith.detail],
    ['unavailable', 503, 'service.no-endpoint', 'monolith@file is down: GET / answered 500'],
  );
});

test('a router whose service does not exist takes the request and answers 503', () => {
  const told = explain(viewOf(shop), get('http://x.example/gone'));
  assert.deepEqual([told.outcome, told.status, told.code], ['unavailable', 503, 'service.unavailable']);
  assert.match(told.detail ?? '', /no service "ordres", did you mean "orders"\?/);
});

test('nothing matches: 404, with the nearest miss first', () => {
  const view = viewOf(shop.replace(/\n {4}all: .*/, ''));
  const told = explain(view, get('http://shop.example/apx', { headers: [['X-User', 'é']] }));
  assert.deepEqual([told.outcome, told.status, told.code], ['no-route', 404, 'route.none']);
  assert.deepEqual(
    told.passedOver.nearest.map(({ name }) => name),
    ['seven@file', 'api@file', 'gone@file'],
  );
  assert.equal(told.passedOver.nearest[0]?.because[0]?.found, 'the request has `é`');
});

test('a path that the gateway refuses is refused, and one that it mends is mended', () => {
  const refused = explain(viewOf(shop), get('http://shop.example/%00'));
  assert.deepEqual([refused.outcome, refused.status, refused.code], ['refused', 400, 'request.malformed']);
  const mended = explain(viewOf(shop), get('http://SHOP.example/x/../api//orders'));
  assert.equal(mended.request.path, '/api/orders');
  assert.equal(mended.routers[0]?.name, 'api@file');
  assert.equal(explain(viewOf(shop), get('http://shop.example/', { method: 'TRACE' })).status, 405);
});

const mistakes: readonly (readonly [ask: ExplainRequest, code: string, message: RegExp, remedy: RegExp])[] = [
  [
    get('shop.example/api'),
    'explain.bad-url',
    /want a URL with http:\/\/ .*"shop.example\/api"/,
    /https:\/\/shop.example\/api/,
  ],
  [get('ftp://shop.example/'), 'explain.bad-url', /got "ftp:/, /write it like/],
  [get('http://a b/'), 'explain.bad-url', /host name.*"a b"/, /write it like/],
  [get('http://user:pw@a/'), 'explain.bad-url', /host name/, /write it like/],
  [get('http://a/', { method: 'G E T' }), 'explain.bad-method', /want a method/, /GET/],
  [get('http://a/', { from: 'localhost' }), 'explain.bad-from', /want an IP address/, /192/],
  [get('http://a/', { headers: [['a b', 'c']] }), 'explain.bad-header', /want a header name/, /X-User: 7/],
  [get('http://a/', { headers: [['a', 'c\r\nd']] }), 'explain.bad-header', /in one line/, /X-User: 7/],
  [
    get('http://a/', { entryPoint: 'wbe' }),
    'explain.no-entrypoint',
    /no entrypoint "wbe", did you mean "web"\?/,
    /web \(:80, http\), websecure \(:443, https\)/,
  ],
];
for (const [ask, code, message, remedy] of mistakes) {
  test(`${JSON.stringify(ask)} is told as ${code}`, () => {
    assert.throws(
      () => explain(viewOf(shop), ask),
      (error: Error & { code: string; remedy: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.match(error.remedy, remedy);
        return true;
      },
    );
  });
}

test('the entrypoint: by name, by port, by scheme, or it must be said', () => {
  const entryPoints = {
    web: { address: ':80' },
    other: { address: '127.0.0.1:8080' },
    secure: { address: ':8443', http: { tls: {} } },
  };
  const { model } = viewOf(shop, { entryPoints });
  const chosen = (url: string, entryPoint?: string) =>
    readAsk(get(url, entryPoint === undefined ? {} : { entryPoint }), model.entryPoints).entryPoint.name;
  assert.equal(chosen('http://a/'), 'web');
  assert.equal(chosen('http://a:8080/'), 'other');
  assert.equal(
    chosen('https://a/'),
    'secure',
    'the only one with TLS, whatever a balancer in front listens on',
  );
  assert.equal(chosen('https://a/', 'web'), 'web');
  assert.throws(() => chosen('http://a:81/'), {
    message: /more than one entrypoint takes http: web .*, other /,
  });
  const clear = viewOf(shop, { entryPoints: { web: { address: ':80' } } }).model;
  assert.equal(
    readAsk(get('https://a/'), clear.entryPoints).entryPoint.name,
    'web',
    'the only door there is',
  );
  const two = viewOf(shop, { entryPoints: { web: { address: ':80' }, other: { address: ':81' } } }).model;
  assert.throws(() => readAsk(get('https://a/'), two.entryPoints), {
    message: 'no entrypoint takes https: there is web (:80, http), other (:81, http)',
  });
});

test('rules see the forwarded fields as the entrypoint leaves them', () => {
  const rule = `
http:
  routers:
    forwarded: {rule: "Header(\`X-Real-Ip\`, \`192.0.2.9\`)", service: s}
  services:
    s: {loadBalancer: {servers: [{url: "http://10.0.0.1:1"}]}}
`;
  const entryPoints = { web: { address: ':80', forwardedHeaders: { trustedIPs: ['10.0.0.0/8'] } } };
  const outcome = (from: string) =>
    explain(viewOf(rule, { entryPoints }), get('http://a/', { from, headers: [['X-Real-Ip', '192.0.2.9']] }))
      .outcome;
  assert.equal(outcome('10.1.2.3'), 'service');
  assert.equal(outcome('192.0.2.1'), 'no-route');
});

test('what an entrypoint asks of requests counts before routing', () => {
  const http = { sanitizePath: false, underscoreHeadersStrategy: 'reject' };
  const view = viewOf(shop, { entryPoints: { web: { address: ':80', http } as never } });
  const refused = explain(view, get('http://shop.example/', { headers: [['X_User', '7']] }));
  assert.deepEqual([refused.outcome, refused.status], ['refused', 400]);
  assert.equal(explain(view, get('http://shop.example//api')).request.path, '//api');
});

test('the router it names is the one that the table finds', () => {
  const hosts = fc.constantFrom('a', 'b', 'c.d');
  const paths = fc.constantFrom('/', '/x', '/x/y', '/z');
  const rule = fc
    .tuple(hosts, paths, fc.constantFrom('&&', '||'), fc.boolean())
    .map(([host, path, op, not]) => `Host(\`${host}\`) ${op} ${not ? '!' : ''}PathPrefix(\`${path}\`)`);
  const routers = fc.array(fc.tuple(rule, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(routers, hosts, paths, (some, host, path) => {
      const http = {
        routers: Object.fromEntries(
          some.map(([text, priority], i) => [`r${i}`, { rule: text, priority, service: 's' }]),
        ),
        services: { s: { loadBalancer: { servers: [{ url: 'http://10.0.0.1:1' }] } } },
      };
      const view = viewOf(JSON.stringify({ http }), { entryPoints: { web: { address: ':80' } } });
      const ask = get(`http://${host}${path}`);
      const found = buildRouteTable(view.model.routers).match(readAsk(ask, view.model.entryPoints).head);
      assert.equal(explain(view, ask).routers[0]?.name, found && `${found.name[0]}@${found.name[1]}`);
    }),
    { numRuns: 300 },
  );
});

test('any bytes are a request or are refused with a code', () => {
  const view = viewOf(shop);
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `http://a/${text}`),
  );
  fc.assert(
    fc.property(texts, texts, texts, (method, url, value) => {
      try {
        const told = explain(view, { method, url, headers: [['x-a', value]] });
        assert.ok(told.outcome !== undefined);
      } catch (error) {
        assert.match((error as { code: string }).code, /^explain\./);
      }
    }),
    { numRuns: 2000 },
  );
});

test('routes: by entrypoint in the order in which they are tried, with what is wrong', () => {
  const { entryPoints } = routeList(viewOf(shop), 'web');
  assert.equal(entryPoints.length, 1);
  assert.deepEqual(
    entryPoints[0]?.routers.map(({ name, priority, middlewares, service, status, error }) => [
      name,
      priority,
      middlewares.join(),
      service,
      status,
      error.join(),
    ]),
    [
      ['seven@file', 100, '', 'beta@file', 'enabled', ''],
      ['gone@file', 70, '', 'ordres@file', 'disabled', 'no service "ordres", did you mean "orders"?'],
      ['api@file', 50, 'strip@file,secret@file', 'orders@file', 'enabled', ''],
      ['all@file', 1, '', 'monolith@file', 'enabled', ''],
    ],
  );
  assert.equal(routeList(viewOf(shop)).entryPoints.length, 2);
});
