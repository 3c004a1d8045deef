import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../../testing/endpoints.ts';
import { eventually } from '../../testing/eventually.ts';
import { balancers, gatewayFrom } from '../../testing/from-yaml.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { ask } from '../../testing/plain-clients.ts';
import { exchange, rawClient } from '../../testing/raw-client.ts';

function file(endpoint: number, pages: number, more = '', own = ''): string {
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [e] } }
  middlewares:
    e: { errors: { status: ["404", "500-599"], service: pages${more} } }
  services:
${balancers({ s: [endpoint] })}
    pages: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${pages}" }] }${own} }
`;
}

/** An endpoint that answers with the status in its path. */
function failing() {
  return recordingEndpoint((request, response) => {
    const status = Number(request.url?.slice(1, 4));
    response.writeHead(status, { 'X-From': 'endpoint', 'WWW-Authenticate': 'Basic' }).end(`error ${status}`);
  });
}

function pages() {
  return recordingEndpoint((request, response) =>
    response.writeHead(200, { 'X-From': 'pages' }).end(`page ${request.url}`),
  );
}

describe('errors', () => {
  for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
    test(`pages in place of answers, over ${version}`, async () => {
      await using endpoint = await failing();
      await using service = await pages();
      const more = ', query: "/{status}/{originalStatus}?u={url}", statusRewrites: { "502-504": 500 }';
      await using gateway = await gatewayFrom(file(endpoint.port, service.port, more));
      const got = await ask(gateway.port, version, { path: '/503/a?b=(c)&d' });
      assert.deepEqual([got.status, got.headers['x-from']], [500, 'pages']);
      assert.equal(got.body.toString(), 'page /500/503?u=%2F503%2Fa%3Fb%3D%28c%29%26d');
      assert.equal(got.headers['www-authenticate'], 'Basic');
      const found = await ask(gateway.port, version, { path: '/200' });
      assert.deepEqual([found.status, found.body.toString()], [200, 'error 200']);
      const other = await ask(gateway.port, version, { path: '/403' });
      assert.deepEqual([other.status, other.headers['x-from']], [403, 'endpoint']);
    });
  }

  test('the request for the page', async () => {
    await using endpoint = await failing();
    await using service = await pages();
    await using gateway = await gatewayFrom(file(endpoint.port, service.port));
    const headers = { Host: 'shop.example', 'If-None-Match': '"a"', Range: 'bytes=1-2', 'X-Some': '1' };
    await ask(gateway.port, 'HTTP/1.1', { method: 'POST', path: '/500', headers, body: 'hello' });
    const [request] = service.requests;
    assert.deepEqual([request?.method, request?.url, request?.body.length], ['GET', '/', 0]);
    const names = request?.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    assert.ok(names?.includes('x-some') && names.includes('x-forwarded-for'));
    for (const name of ['if-none-match', 'range', 'content-length']) assert.ok(!names?.includes(name), name);
    assert.ok(request?.rawHeaders.includes('shop.example'));
  });

  test('only the fields that it shall get', async () => {
    await using endpoint = await failing();
    await using service = await pages();
    await using gateway = await gatewayFrom(
      file(endpoint.port, service.port, ', errorRequestHeaders: [x-some]'),
    );
    await ask(gateway.port, 'HTTP/1.1', { path: '/500', headers: { 'X-Some': '1', Cookie: 'a=b' } });
    const raw = service.requests[0]?.rawHeaders ?? [];
    assert.ok(raw.includes('X-Some') && !raw.includes('Cookie') && !raw.includes('X-Forwarded-For'));
  });

  test('refusals of the gateway count like answers', async () => {
    await using service = await pages();
    await using gateway = await gatewayFrom(file(1, service.port, ', query: "/{status}.html"'));
    using client = await rawClient(gateway.port);
    for (let i = 0; i < 2; i++) {
      client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
      const got = await client.response();
      assert.deepEqual([got.status, got.body.toString()], [502, 'page /502.html']);
    }
    client.send('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal((await client.response('HEAD')).status, 502);
    client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal((await client.response()).status, 502);
  });

  test('without a page the answer is as it was, large or small', async () => {
    const large = randomBytes(1_000_000);
    await using endpoint = await recordingEndpoint((request, response) => {
      const body = request.url === '/large' ? large : 'sorry';
      response.writeHead(500, { 'X-From': 'endpoint' }).end(body);
    });
    await using gateway = await gatewayFrom(file(endpoint.port, 1));
    for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
      const small = await ask(gateway.port, version, { path: '/small' });
      assert.deepEqual([small.status, small.body.toString()], [500, 'sorry']);
      const got = await ask(gateway.port, version, { path: '/large' });
      assert.deepEqual([got.status, got.headers['x-from']], [500, 'endpoint']);
      assert.ok(got.body.equals(large));
    }
  });

  test('a large answer that a page replaces frees its endpoint', async () => {
    await using endpoint = await recordingEndpoint((_, response) => {
      response.writeHead(500);
      const more = () => {
        while (response.write(randomBytes(65_536)));
      };
      response.on('drain', more);
      more();
    });
    await using service = await pages();
    await using gateway = await gatewayFrom(file(endpoint.port, service.port));
    const got = await ask(gateway.port, 'HTTP/1.1');
    assert.deepEqual([got.status, got.body.toString()], [500, 'page /']);
    await eventually(() => endpoint.sockets.size === 0, 'the endpoint to be let go');
  });

  test('a page that does not come in time, and a client that leaves', async () => {
    const clock = new ManualClock();
    await using endpoint = await failing();
    await using service = await scriptedEndpoint(() => undefined);
    await using gateway = await gatewayFrom(file(endpoint.port, service.port), { clock });
    const waiting = exchange(gateway.port, 'GET /500 HTTP/1.1\r\nHost: h\r\n\r\n');
    await eventually(() => service.seen() !== '', 'the question');
    clock.advance(10_000);
    const got = await waiting;
    assert.deepEqual([got.status, got.body.toString()], [500, 'error 500']);
    await eventually(() => service.sockets.size === 0, 'the question to be dropped');
    const client = await rawClient(gateway.port);
    client.send('GET /404 HTTP/1.1\r\nHost: h\r\n\r\n');
    await eventually(() => service.sockets.size === 1, 'the next question');
    client.socket.destroy();
    await eventually(() => service.sockets.size === 0, 'it to be dropped, too');
  });

  test('a service of pages that fails itself has no page for that', async () => {
    await using endpoint = await failing();
    await using service = await recordingEndpoint((_, response) => response.writeHead(503).end('no page'));
    const own = ', middlewares: [e2]';
    const yaml = file(endpoint.port, service.port, '', own).replace(
      '  services:\n',
      `    e2: { errors: { status: ["500-599"], service: s } }\n  services:\n`,
    );
    await using gateway = await gatewayFrom(yaml);
    const got = await ask(gateway.port, 'HTTP/1.1', { path: '/500' });
    assert.deepEqual([got.status, got.body.toString()], [500, 'no page']);
    assert.equal(service.requests.length, 1);
    assert.equal(endpoint.requests.length, 1);
  });
});
