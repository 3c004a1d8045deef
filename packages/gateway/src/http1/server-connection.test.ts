import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const sized = (body: string, fields = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;

test('pipelined requests are answered in order on one connection', async () => {
  await using endpoint = await recordingEndpoint((request, response) => {
    // Later requests would be ready earlier.
    const delay = request.url === '/0' ? 20 : 0;
    setTimeout(() => response.end(`answer to ${request.url}`), delay);
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
  client.send(
    paths
      .map((path, i) =>
        i % 3 === 1
          ? `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc`
          : `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`,
      )
      .join(''),
  );
  for (const path of paths) assert.equal((await client.response()).body.toString(), `answer to ${path}`);
  assert.deepEqual(
    endpoint.requests.map((request) => request.url),
    paths,
  );
});

test('an empty line before a request is forgiven', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  client.send('\r\n');
  client.send('GET /b HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal((await client.response()).status, 200);
});

test('HTTP/1.0 without keep-alive: answered, without chunks, and closed', async () => {
  await using endpoint = await scriptedEndpoint(
    answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('GET / HTTP/1.0\r\n\r\n');
  const response = await client.response();
  assert.equal(response.body.toString(), 'abc');
  assert.equal(response.untilClose, true);
  assert.equal(response.headers['transfer-encoding'], undefined);
  assert.equal(response.headers['connection'], 'close');
});

test('HTTP/1.0 with keep-alive keeps the connection when the length is known', async () => {
  await using endpoint = await recordingEndpoint((_, response) =>
    response.writeHead(200, { 'content-length': 2 }).end('ok'),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  for (let i = 0; i < 2; i++) {
    client.send('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n');
    const response = await client.response();
    assert.equal(response.headers['connection'], 'keep-alive');
    assert.equal(response.body.toString(), 'ok');
  }
  assert.equal(client.closed, false);
});

test('HEAD keeps the length and has no body; the connection goes on', async () => {
  await using endpoint = await scriptedEndpoint(
    answering((head) =>
      head.startsWith('HEAD') ? 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n' : sized('whole'),
    ),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n');
  const head = await client.response('HEAD');
  assert.equal(head.headers['content-length'], '10');
  assert.equal((await client.response()).body.toString(), 'whole');
  assert.equal(endpoint.accepted, 1);
});

for (const [status, fields, length] of [
  [204, '', undefined],
  [304, 'Content-Length: 10\r\nETag: "x"\r\n', '10'],
  [304, '', undefined],
] as const) {
  test(`${status} ${fields.trim()} has no body and the connection goes on`, async () => {
    let first = true;
    await using endpoint = await scriptedEndpoint(
      answering(() => {
        const answer = first ? `HTTP/1.1 ${status} x\r\n${fields}\r\n` : sized('next');
        first = false;
        return answer;
      }),
    );
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n');
    const response = await client.response();
    assert.equal(response.status, status);
    assert.equal(response.headers['content-length'], length);
    assert.equal((await client.response()).body.toString(), 'next');
  });
}

test('interim responses pass to HTTP/1.1 and not to HTTP/1.0', async () => {
  await using endpoint = await scriptedEndpoint(
    answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n${sized('ok')}`),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  const hints = await client.response();
  assert.deepEqual([hints.status, hints.headers['link']], [103, '</a>; rel=preload']);
  assert.equal((await client.response()).status, 200);
  assert.equal((await exchange(gateway.port, 'GET / HTTP/1.0\r\nHost: h\r\n\r\n')).status, 200);
});

test('Expect: 100-continue reaches the endpoint, and its 100 the client', async () => {
  await using endpoint = await scriptedEndpoint((peer) => {
    const text = peer.text();
    if (text.endsWith('\r\n\r\n')) peer.send('HTTP/1.1 100 Continue\r\n\r\n');
    if (text.endsWith('hello')) peer.send(sized('done'));
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
  assert.equal((await client.response('POST')).status, 100);
  assert.match(endpoint.seen(), /\r\nExpect: 100-continue\r\n/i);
  client.send('hello');
  assert.equal((await client.response('POST')).body.toString(), 'done');
});

test('Expect: 100-continue refused by the endpoint: the body is never asked for', async () => {
  await using endpoint = await scriptedEndpoint(
    answering('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n'),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
  const response = await client.response('POST');
  assert.equal(response.status, 417);
  // What comes next on this connection could be the body: nobody may take it for a request.
  assert.equal(response.headers['connection'], 'close');
  await client.untilClosed();
});

test('chunked bodies and trailers pass both ways', async () => {
  await using endpoint = await recordingEndpoint((_, response, recorded) => {
    response.writeHead(200, { trailer: 'X-Sum', 'transfer-encoding': 'chunked' });
    response.write(recorded.body);
    response.addTrailers({ 'X-Sum': recorded.rawTrailers[1] ?? 'none' });
    response.end();
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 42\r\nHost: evil\r\nContent-Length: 7\r\nX_Forwarded_For: evil\r\n\r\n',
  );
  const response = await client.response('POST');
  assert.equal(response.body.toString(), 'abcde');
  assert.deepEqual(response.trailers, { 'x-sum': '42' });
  assert.deepEqual(endpoint.requests[0]?.rawTrailers, ['X-Sum', '42']);
});

test('a chunked response passes byte by byte, as chunks that come', async () => {
  await using endpoint = await scriptedEndpoint((peer) => {
    const wire =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\nA: b\r\n\r\n';
    const bytes = [...wire];
    const next = () => {
      const byte = bytes.shift();
      if (byte === undefined) return;
      peer.send(byte);
      setImmediate(next);
    };
    next();
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  const response = await client.response();
  assert.equal(response.body.toString(), 'abcde');
  assert.deepEqual(response.trailers, { a: 'b' });
});

test('absolute-form: the target says which host, not the Host field', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  assert.equal(
    (await exchange(gateway.port, 'GET http://Real.example:81/p?q HTTP/1.1\r\nHost: other\r\n\r\n')).status,
    200,
  );
  const request = endpoint.requests[0];
  assert.equal(request?.url, '/p?q');
  const hosts = request?.rawHeaders.filter(
    (_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === 'host',
  );
  assert.deepEqual(hosts, ['Real.example:81']);
});

test('OPTIONS * passes as it is; * with any other method is refused', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({
    ports: [endpoint.port],
    routers: [
      {
        name: ['all', 'file'],
        entryPoints: ['web'],
        rule: 'Host(`h`)',
        matcher: { kind: 'host', host: 'h' },
        priority: 1,
        tls: false,
        middlewares: [],
        service: 0,
      },
    ],
  });
  assert.equal((await exchange(gateway.port, 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n')).status, 200);
  assert.equal(endpoint.requests[0]?.url, '*');
  assert.equal((await exchange(gateway.port, 'GET * HTTP/1.1\r\nHost: h\r\n\r\n')).status, 400);
});

for (const line of ['CONNECT h:443', 'TRACE /']) {
  test(`${line} is refused with 405, and the connection closes`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send(`${line} HTTP/1.1\r\nHost: h:443\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n`);
    const response = await client.response();
    assert.equal(response.status, 405);
    assert.match(response.headers['allow'] ?? '', /GET/);
    await client.untilClosed();
    assert.equal(client.received.length, 0);
    assert.equal(endpoint.accepted, 0);
  });
}

test('a refusal is a problem document with a stable code', async () => {
  await using gateway = await startGateway({ ports: [], routers: [] });
  const response = await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal(response.headers['content-type'], 'application/problem+json');
  assert.deepEqual(JSON.parse(response.body.toString()), {
    type: 'urn:ficus:route.none',
    title: 'no router matches',
    status: 404,
    code: 'route.none',
  });
});
