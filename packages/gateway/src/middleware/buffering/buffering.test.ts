import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../../testing/endpoints.ts';
import { eventually } from '../../testing/eventually.ts';
import { balancers, gatewayFrom } from '../../testing/from-yaml.ts';
import { ask } from '../../testing/plain-clients.ts';
import { exchange, rawClient } from '../../testing/raw-client.ts';

function file(ports: readonly number[], options: string): string {
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [b] } }
  middlewares: { b: { buffering: {${options}} } }
  services:
${balancers({ s: ports })}
`;
}

const chunked = (body: string, end = '0\r\n\r\n') =>
  `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n${end}`;

describe('buffering', () => {
  test('an endpoint gets bodies with their length, once they are whole', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file([endpoint.port], 'memRequestBodyBytes: 1000'));
    using client = await rawClient(gateway.port);
    client.send(chunked('hello', ''));
    client.send('2710\r\n');
    client.send('x'.repeat(10_000));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(endpoint.accepted, 0);
    client.send('\r\n0\r\n\r\n');
    assert.equal((await client.response()).status, 200);
    const [request] = endpoint.requests;
    assert.equal(request?.body.toString(), `hello${'x'.repeat(10_000)}`);
    const length = request?.rawHeaders.findIndex((name) => name.toLowerCase() === 'content-length') ?? -1;
    assert.equal(request?.rawHeaders[length + 1], '10005');
    client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal((await client.response()).status, 200);
  });

  for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
    test(`20 MB over ${version}`, async () => {
      const body = randomBytes(20_000_000);
      await using endpoint = await recordingEndpoint((_, response) => response.end(body));
      await using gateway = await gatewayFrom(file([endpoint.port], 'maxResponseBodyBytes: 30000000'));
      const got = await ask(gateway.port, version, { method: 'POST', body });
      assert.ok(endpoint.requests[0]?.body.equals(body));
      assert.ok(got.body.equals(body));
    });
  }

  test('bodies that are too large are 413 before the endpoint is asked', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file([endpoint.port], 'maxRequestBodyBytes: 10'));
    const known = (n: number) => `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${n}\r\n\r\n`;
    assert.equal((await exchange(gateway.port, known(11))).status, 413);
    assert.equal((await exchange(gateway.port, chunked('x'.repeat(11), ''))).status, 413);
    assert.equal((await exchange(gateway.port, known(10) + 'x'.repeat(10))).status, 200);
    assert.equal((await exchange(gateway.port, chunked('x'.repeat(10)))).status, 200);
    assert.equal((await ask(gateway.port, 'HTTP/2', { method: 'POST', body: 'x'.repeat(11) })).status, 413);
    assert.equal(endpoint.requests.length, 2);
  });

  test('a client that expects leave gets it, or 413 in its place', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file([endpoint.port], 'maxRequestBodyBytes: 10'));
    const head = (n: number) =>
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${n}\r\nExpect: 100-continue\r\n\r\n`;
    using client = await rawClient(gateway.port);
    client.send(head(2));
    assert.equal((await client.response()).status, 100);
    client.send('hi');
    assert.equal((await client.response()).status, 200);
    client.send(head(11));
    assert.equal((await client.response()).status, 413);
  });

  test('responses that are too large are 500', async () => {
    await using endpoint = await recordingEndpoint((request, response) => {
      const [, way, length] = (request.url ?? '').split('/');
      if (way === 'known') response.setHeader('Content-Length', Number(length));
      response.write('x'.repeat(5));
      setImmediate(() => response.end('x'.repeat(Number(length) - 5)));
    });
    await using gateway = await gatewayFrom(
      file([endpoint.port], 'maxResponseBodyBytes: 100, memResponseBodyBytes: 20'),
    );
    for (const way of ['known', 'unknown']) {
      const good = await ask(gateway.port, 'HTTP/1.1', { path: `/${way}/100` });
      assert.deepEqual([good.status, good.body.length, good.headers['content-length']], [200, 100, '100']);
      const bad = await ask(gateway.port, 'HTTP/1.1', { path: `/${way}/101` });
      assert.equal(bad.status, 500);
    }
    const head = await ask(gateway.port, 'HTTP/1.1', { method: 'HEAD', path: '/known/5000' });
    assert.deepEqual([head.status, head.headers['content-length']], [200, '5000']);
  });

  test('an endpoint that breaks off a response that is taken in: 502', async () => {
    await using endpoint = await scriptedEndpoint(({ send, socket }) => {
      send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
      setImmediate(() => socket.destroy());
    });
    await using gateway = await gatewayFrom(file([endpoint.port], 'maxResponseBodyBytes: 100'));
    assert.equal((await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n')).status, 502);
  });

  test('trailers survive on both ways', async () => {
    await using endpoint = await recordingEndpoint((_, response) => {
      response.setHeader('Trailer', 'X-Sum').write('ab');
      response.addTrailers({ 'X-Sum': '7' });
      response.end();
    });
    await using gateway = await gatewayFrom(file([endpoint.port], 'maxResponseBodyBytes: 100'));
    const got = await exchange(gateway.port, chunked('hi', '0\r\nX-Check: 1\r\n\r\n'));
    assert.deepEqual([got.body.toString(), got.trailers['x-sum']], ['ab', '7']);
    assert.deepEqual(endpoint.requests[0]?.rawTrailers, ['X-Check', '1']);
  });

  test('sends again what the expression says, with its body, and no more', async () => {
    let fails = 2;
    await using endpoint = await recordingEndpoint((_, response) => {
      response.writeHead(fails-- > 0 ? 503 : 200).end('done');
    });
    await using gateway = await gatewayFrom(
      file([endpoint.port], 'retryExpression: "Attempts() < 3 && ResponseCode() == 503"'),
    );
    const put = () => ask(gateway.port, 'HTTP/1.1', { method: 'PUT', body: 'hello' });
    assert.equal((await put()).status, 200);
    assert.deepEqual(
      endpoint.requests.map(({ body }) => body.toString()),
      ['hello', 'hello', 'hello'],
    );
    fails = 3;
    assert.equal((await put()).status, 503);
    fails = 1;
    assert.equal((await ask(gateway.port, 'HTTP/1.1', { method: 'POST', body: 'x' })).status, 503);
  });

  test('a client that leaves while its body comes, or while its answer is taken in', async () => {
    await using endpoint = await recordingEndpoint((_, response) => void response.write('beginning'));
    await using gateway = await gatewayFrom(file([endpoint.port], 'maxResponseBodyBytes: 100'));
    const client = await rawClient(gateway.port);
    client.send(chunked('hello', ''));
    client.socket.destroy();
    await client.untilClosed();
    const request = httpRequest({ port: gateway.port, agent: false }).end();
    request.on('error', () => undefined);
    await eventually(() => endpoint.requests.length === 1, 'the request');
    request.destroy();
    await eventually(() => endpoint.sockets.size === 0, 'the endpoint to be let go');
    assert.equal(endpoint.requests.length, 1);
  });
});
