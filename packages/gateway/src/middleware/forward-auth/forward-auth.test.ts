import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { type RecordedRequest, recordingEndpoint, scriptedEndpoint } from '../../testing/endpoints.ts';
import { eventually } from '../../testing/eventually.ts';
import { balancers, gatewayFrom } from '../../testing/from-yaml.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { ask } from '../../testing/plain-clients.ts';
import { exchange, rawClient } from '../../testing/raw-client.ts';

function file(endpoint: number, auth: number, more = '', web = ''): string {
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [${web}a] } }
  middlewares:
    strip: { stripPrefix: { prefixes: [/api] } }
    a: { forwardAuth: { address: "http://127.0.0.1:${auth}/verify?rd=x"${more} } }
  services:
${balancers({ s: [endpoint] })}
`;
}

/** The values of a field that a request was sent with. */
function sent(request: RecordedRequest | undefined, name: string): string[] {
  const raw = request?.rawHeaders ?? [];
  return raw.flatMap((each, i) => (i % 2 === 0 && each.toLowerCase() === name ? [raw[i + 1] as string] : []));
}

type Reply = (request: IncomingMessage, response: ServerResponse, recorded: RecordedRequest) => void;

/** An authentication server, an endpoint and a gateway between them. */
async function bench(reply: Reply, more = '', options: Parameters<typeof gatewayFrom>[1] = {}, first = '') {
  const endpoint = await recordingEndpoint((_, response) =>
    response.setHeader('Set-Cookie', ['session=endpoint', 'other=1']).end('served'),
  );
  const auth = await recordingEndpoint(reply);
  const gateway = await gatewayFrom(file(endpoint.port, auth.port, more, first), options);
  return {
    endpoint,
    auth,
    gateway,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await auth[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

const yes: Reply = (_, response) => response.end();

describe('forwardAuth', () => {
  test('asks about the request, and passes it on', async () => {
    await using b = await bench(yes, '', {}, 'strip, ');
    const got = await ask(b.port, 'HTTP/1.1', {
      method: 'POST',
      path: '/api/a?b=1',
      headers: {
        Host: 'shop.example',
        'X-Forwarded-Uri': '/liar',
        'X-Forwarded-For': '9.9.9.9',
        Cookie: 'a=b',
      },
      body: 'hello',
    });
    assert.deepEqual([got.status, got.body.toString()], [200, 'served']);
    const [asked] = b.auth.requests;
    assert.deepEqual([asked?.method, asked?.url, asked?.body.length], ['GET', '/verify?rd=x', 0]);
    for (const [name, value] of [
      ['host', `127.0.0.1:${b.auth.port}`],
      ['x-forwarded-method', 'POST'],
      ['x-forwarded-proto', 'http'],
      ['x-forwarded-host', 'shop.example'],
      ['x-forwarded-uri', '/a?b=1'],
      ['x-forwarded-for', '127.0.0.1'],
      ['cookie', 'a=b'],
    ] as const)
      assert.deepEqual(sent(asked, name), [value], name);
    assert.deepEqual(sent(asked, 'content-length'), []);
    assert.equal(b.endpoint.requests[0]?.body.toString(), 'hello');
  });

  test('trusts what trusted proxies say only when told to', async () => {
    const web = { forwardedHeaders: { trustedIPs: ['127.0.0.1'] } };
    const headers = {
      'X-Forwarded-For': '9.9.9.9',
      'X-Forwarded-Uri': '/first',
      'X-Forwarded-Proto': 'https',
    };
    for (const [more, from, uri, proto] of [
      ['', '127.0.0.1', '/x', 'http'],
      [', trustForwardHeader: true', '9.9.9.9, 127.0.0.1', '/first', 'https'],
    ] as const) {
      await using b = await bench(yes, more, { web });
      await ask(b.port, 'HTTP/1.1', { path: '/x', headers });
      assert.deepEqual(sent(b.auth.requests[0], 'x-forwarded-for'), [from]);
      assert.deepEqual(sent(b.auth.requests[0], 'x-forwarded-uri'), [uri]);
      assert.deepEqual(sent(b.auth.requests[0], 'x-forwarded-proto'), [proto]);
    }
  });

  test('the server gets only the fields it shall', async () => {
    await using b = await bench(yes, ', authRequestHeaders: [Cookie, X-Some]');
    await ask(b.port, 'HTTP/1.1', { headers: { Cookie: 'a=b', Authorization: 'secret', 'X-Some': '1' } });
    const [asked] = b.auth.requests;
    assert.deepEqual(sent(asked, 'cookie'), ['a=b']);
    assert.deepEqual(sent(asked, 'x-some'), ['1']);
    assert.deepEqual(sent(asked, 'authorization'), []);
    assert.deepEqual(sent(asked, 'x-forwarded-method'), ['GET']);
  });

  test('copies fields of the answer; a client cannot send them itself', async () => {
    await using b = await bench((_, response) => {
      response
        .setHeader('X-User', ['ann', 'bob'])
        .setHeader('X-Id-Role', 'admin')
        .setHeader('X-Not', '1')
        .end();
    }, ', authResponseHeaders: [x-user, X-Group], authResponseHeadersRegex: "^X-Id-"');
    await ask(b.port, 'HTTP/1.1', {
      headers: { 'x-user': 'liar', 'X-Group': 'liar', X_Group: 'liar', 'X-Id-Other': 'liar', 'X-Not': '2' },
    });
    const [request] = b.endpoint.requests;
    assert.deepEqual(sent(request, 'x-user'), ['ann', 'bob']);
    assert.deepEqual(sent(request, 'x-id-role'), ['admin']);
    for (const name of ['x-group', 'x_group', 'x-id-other']) assert.deepEqual(sent(request, name), [], name);
    assert.deepEqual(sent(request, 'x-not'), ['2']);
  });

  test('passes the answer of a server that says no', async () => {
    await using b = await bench((_, response) => {
      response
        .writeHead(403, { 'X-Why': 'so', 'Set-Cookie': 'a=1', 'Keep-Alive': 'timeout=7' })
        .end('forbidden');
    });
    for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
      const got = await ask(b.port, version);
      assert.deepEqual([got.status, got.body.toString()], [403, 'forbidden']);
      assert.deepEqual([got.headers['x-why'], got.headers['keep-alive']], ['so', undefined]);
    }
    assert.equal(b.endpoint.requests.length, 0);
    using client = await rawClient(b.port);
    for (let i = 0; i < 2; i++) {
      client.send('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n');
      assert.equal((await client.response('HEAD')).status, 403);
    }
  });

  test('a relative Location is one of the server, unless it shall stay', async () => {
    const reply: Reply = (_, response) => response.writeHead(302, { Location: '../login?a=b' }).end();
    await using b = await bench(reply);
    const got = await ask(b.port, 'HTTP/1.1');
    assert.deepEqual(
      [got.status, got.headers['location']],
      [302, `http://127.0.0.1:${b.auth.port}/login?a=b`],
    );
    await using kept = await bench(reply, ', preserveLocationHeader: true');
    assert.equal((await ask(kept.port, 'HTTP/1.1')).headers['location'], '../login?a=b');
  });

  test('401 leads to the page to sign in', async () => {
    await using b = await bench((request, response) => {
      const status = request.headers['x-forwarded-uri'] === '/403' ? 403 : 401;
      response.writeHead(status).end('no');
    }, ', authSigninURL: "https://login.example/?rd=1"');
    const got = await ask(b.port, 'HTTP/1.1');
    assert.deepEqual([got.status, got.headers['location']], [302, 'https://login.example/?rd=1']);
    assert.equal((await ask(b.port, 'HTTP/1.1', { path: '/403' })).status, 403);
  });

  test('cookies of the answer replace those of the endpoint', async () => {
    await using b = await bench(
      (_, response) => response.setHeader('Set-Cookie', ['session=auth; Path=/', 'mine=1']).end(),
      ', addAuthCookiesToResponse: [session]',
    );
    const got = await ask(b.port, 'HTTP/1.1');
    assert.equal(got.headers['set-cookie'], 'other=1,session=auth; Path=/');
  });

  test('the method may be kept', async () => {
    await using b = await bench(yes, ', preserveRequestMethod: true');
    await ask(b.port, 'HTTP/1.1', { method: 'DELETE' });
    assert.equal(b.auth.requests[0]?.method, 'DELETE');
  });

  test('a server that is down, or breaks off: 500, and the log says why', async () => {
    await using b = await bench(yes);
    await b.auth[Symbol.asyncDispose]();
    const got = await ask(b.port, 'HTTP/1.1');
    assert.equal(got.status, 500);
    assert.ok(!got.body.toString().includes(String(b.auth.port)), 'the client is told nothing of the inside');
    const told = b.gateway.log.find(({ fields }) => fields['code'] === 'auth.unavailable');
    assert.match(String(told?.fields['detail']), /endpoint\.dial/);
    assert.equal(b.endpoint.requests.length, 0);
  });

  test('a server that hangs: 500 in time, and a client that leaves frees it', async () => {
    const clock = new ManualClock();
    await using auth = await scriptedEndpoint(() => undefined);
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(endpoint.port, auth.port), { clock });
    const waiting = exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await eventually(() => auth.seen().includes('GET /verify'), 'the question');
    clock.advance(30_000);
    assert.equal((await waiting).status, 500);
    await eventually(() => auth.sockets.size === 0, 'the connection to be given up');
    const client = await rawClient(gateway.port);
    client.send('GET /again HTTP/1.1\r\nHost: h\r\n\r\n');
    await eventually(() => auth.seen().includes('/again'), 'the next question');
    client.socket.destroy();
    await eventually(() => auth.sockets.size === 0, 'the question to be dropped');
    assert.equal(endpoint.requests.length, 0);
  });

  test('answers that are too large are 401, whether they say so before or not', async () => {
    await using b = await bench((request, response) => {
      const length = Number(request.headers['x-length']);
      response.statusCode = 403;
      if (request.headers['x-way'] === 'known') response.setHeader('Content-Length', length);
      response.write('x'.repeat(length / 2));
      setImmediate(() => response.end('x'.repeat(length / 2)));
    }, ', maxResponseBodySize: 100');
    for (const way of ['known', 'unknown']) {
      const status = async (length: string) =>
        (await ask(b.port, 'HTTP/1.1', { headers: { 'X-Way': way, 'X-Length': length } })).status;
      assert.deepEqual([await status('100'), await status('102')], [403, 401], way);
    }
  });

  test('an endless answer that lets pass does not hold up the request', async () => {
    await using auth = await scriptedEndpoint(({ send }) =>
      send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    );
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(endpoint.port, auth.port));
    assert.equal((await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n')).status, 200);
    await eventually(() => auth.sockets.size === 0, 'the answer to be dropped');
  });

  test('bodies go to both, however large', async () => {
    const body = randomBytes(3_000_001);
    await using b = await bench(
      (_, response, { body: asked }) => response.setHeader('X-Length', asked.length).end(),
      ', forwardBody: true, authResponseHeaders: [X-Length]',
    );
    for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
      const got = await ask(b.port, version, { method: 'POST', body });
      assert.equal(got.status, 200);
      assert.ok(b.auth.requests.pop()?.body.equals(body));
      const request = b.endpoint.requests.pop();
      assert.ok(request?.body.equals(body));
      assert.deepEqual(sent(request, 'x-length'), ['3000001']);
    }
  });

  test('a body that is too large is 401 before anybody is asked', async () => {
    await using b = await bench(yes, ', forwardBody: true, maxBodySize: 10');
    const status = async (body: string, chunked: boolean) => {
      const headers = chunked ? { 'Transfer-Encoding': 'chunked' } : {};
      return (await ask(b.port, 'HTTP/1.1', { method: 'POST', headers, body })).status;
    };
    assert.equal(await status('x'.repeat(10), false), 200);
    assert.equal(await status('x'.repeat(11), false), 401);
    assert.equal(await status('x'.repeat(11), true), 401);
    assert.equal(b.auth.requests.length, 1);
  });

  test('a client that waits for leave to send its body gets it', async () => {
    await using b = await bench(yes, ', forwardBody: true');
    using client = await rawClient(b.port);
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    assert.equal((await client.response()).status, 100);
    client.send('hi');
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(sent(b.endpoint.requests[0], 'expect'), []);
  });
});
