import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

/** One router for everything, with these middlewares in order. */
const file = (port: number, ...middlewares: readonly string[]) => `
http:
  routers: { r: { rule: PathPrefix(\`/\`), service: s, middlewares: [${middlewares.map((_, i) => `m${i}`).join(', ')}] } }
  middlewares:
${middlewares.map((each, i) => `    m${i}: { ${each} }`).join('\n')}
  services:
${balancers({ s: [port] })}
`;

test('CORS: a preflight is answered here, the request behind it goes on', async () => {
  await using endpoint = await recordingEndpoint();
  const cors =
    'headers: { accessControlAllowMethods: [PUT], accessControlAllowOriginList: ["https://app.example"], addVaryHeader: true }';
  const outer = 'headers: { customResponseHeaders: { X-Outer: "1" } }';
  await using gateway = await gatewayFrom(file(endpoint.port, outer, cors));
  using client = await rawClient(gateway.port);
  const origin = 'Host: h\r\nOrigin: https://app.example\r\n';
  client.send(`OPTIONS /a HTTP/1.1\r\n${origin}Access-Control-Request-Method: PUT\r\n\r\n`);
  const answer = await client.response('OPTIONS');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['access-control-allow-origin'], 'https://app.example');
  assert.equal(answer.headers['access-control-allow-methods'], 'PUT');
  assert.equal(answer.headers['content-length'], '0');
  assert.equal(answer.headers['x-outer'], '1');
  assert.equal(endpoint.requests.length, 0);
  client.send(`PUT /a HTTP/1.1\r\n${origin}Content-Length: 1\r\n\r\nx`);
  const behind = await client.response('PUT');
  assert.equal(behind.headers['access-control-allow-origin'], 'https://app.example');
  assert.equal(behind.headers['vary'], 'Origin');
  assert.equal(endpoint.requests.length, 1);
});

test('what protects browsers is on refusals too', async () => {
  const protecting = 'headers: { frameDeny: true, accessControlAllowOriginList: ["*"] }';
  await using gateway = await gatewayFrom(file(1, protecting));
  const { status, headers } = await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(status, 502);
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['access-control-allow-origin'], '*');
});

test('a host that is not allowed is refused, and the connection stays', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await gatewayFrom(file(endpoint.port, 'headers: { allowedHosts: [a.example] }'));
  using client = await rawClient(gateway.port);
  for (const [host, status] of [
    ['b.example', 403],
    ['a.example', 200],
  ] as const) {
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal((await client.response()).status, status);
  }
});

test('redirects over a connection that stays: GET, HEAD, a POST whose body is not asked for', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await gatewayFrom(
    file(endpoint.port, 'redirectScheme: { scheme: https, permanent: true }'),
  );
  using client = await rawClient(gateway.port);
  for (const [method, fields, status, body] of [
    ['GET', '', 301, 'Moved Permanently'],
    ['HEAD', '', 308, ''],
    ['GET', '', 301, 'Moved Permanently'],
    ['POST', 'Content-Length: 3\r\n', 308, 'Permanent Redirect'],
  ] as const) {
    client.send(
      `${method} /a?b=%0d%0a HTTP/1.1\r\nHost: shop.example:80\r\n${fields}\r\n${fields === '' ? '' : 'abc'}`,
    );
    const response = await client.response(method);
    assert.deepEqual([response.status, String(response.body)], [status, body]);
    assert.equal(response.headers['location'], 'https://shop.example/a?b=%0d%0a');
    assert.equal(response.headers['connection'], method === 'POST' ? 'close' : undefined);
  }
  assert.equal(endpoint.requests.length, 0);
});

test('paths: rewritten in order, the query kept', async () => {
  await using endpoint = await recordingEndpoint();
  const steps = [
    'stripPrefixRegex: { regex: ["^/v[0-9]+"] }',
    'replacePathRegex: { regex: "^/(.*)", replacement: "/x/$1" }',
    'addPrefix: { prefix: /y }',
  ];
  await using gateway = await gatewayFrom(file(endpoint.port, ...steps));
  await exchange(gateway.port, 'GET /v12/%C3%A9?q=1 HTTP/1.1\r\nHost: h\r\n\r\n');
  const { url, rawHeaders = [] } = endpoint.requests[0] ?? {};
  assert.equal(url, '/y/x/%C3%A9?q=1');
  assert.equal(rawHeaders[rawHeaders.indexOf('X-Forwarded-Prefix') + 1], '/v12');
  assert.equal(rawHeaders[rawHeaders.indexOf('X-Replaced-Path') + 1], '/%C3%A9');
});

test('a path that hides a dot segment is refused before the endpoint is asked', async () => {
  await using endpoint = await recordingEndpoint();
  const strip = 'stripPrefixRegex: { regex: ["^/api"] }';
  await using gateway = await gatewayFrom(file(endpoint.port, strip));
  const { status } = await exchange(gateway.port, 'GET /api../admin HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(status, 400);
  assert.equal(endpoint.requests.length, 0);
});

test('an encoded slash is refused for one router', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await gatewayFrom(file(endpoint.port, 'encodedCharacters: {}'));
  const { status, body } = await exchange(gateway.port, 'GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(status, 400);
  assert.match(String(body), /%2F is not allowed in a path here/);
});
