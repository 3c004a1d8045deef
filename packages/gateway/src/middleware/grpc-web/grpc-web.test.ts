import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { eventually } from '../../testing/eventually.ts';
import { gatewayFrom } from '../../testing/from-yaml.ts';
import { ask } from '../../testing/plain-clients.ts';
import { exchange, rawClient } from '../../testing/raw-client.ts';

type Call = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: Buffer) => void;

/** A gRPC server that takes a whole request, and a gateway before it. */
async function bench(call: Call, options = 'allowOrigins: [https://app.example]') {
  const calls: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const pieces: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => {
      // Node ends what was cancelled, too.
      if (stream.aborted || stream.destroyed) return;
      calls.push({ headers, body: Buffer.concat(pieces) });
      call(stream, headers, Buffer.concat(pieces));
    });
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [g] } }
  middlewares: { g: { grpcWeb: {${options}} } }
  services: { s: { loadBalancer: { servers: [{ url: "h2c://127.0.0.1:${port}" }] } } }
`);
  return {
    calls,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

function message(text: string): Buffer {
  const frame = Buffer.alloc(5 + text.length);
  frame.writeUInt32BE(text.length, 1);
  frame.write(text, 5);
  return frame;
}

/** Says what it was told, twice, and the status in a trailer. */
const echo: Call = (stream, headers, body) => {
  stream.respond(
    { ':status': 200, 'content-type': headers['content-type'], 'x-more': '1' },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
  stream.write(body);
  stream.end(body);
};

const trailers = 'grpc-status: 0\r\ngrpc-message: fine\r\n';
const frame = (text: string) => Buffer.concat([Buffer.from([0x80, 0, 0, 0, text.length]), Buffer.from(text)]);
const origin = { Origin: 'https://app.example' };

describe('grpcWeb', () => {
  for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
    for (const kind of ['', '+proto', '-text', '-text+proto']) {
      test(`application/grpc-web${kind} over ${version}`, async () => {
        await using b = await bench(echo);
        const text = kind.startsWith('-text');
        const sent = message('hello');
        const got = await ask(b.port, version, {
          method: 'POST',
          path: '/pkg.Service/Method',
          headers: { 'Content-Type': `application/grpc-web${kind}`, 'X-Grpc-Web': '1', ...origin },
          body: text ? sent.toString('base64') : sent,
        });
        assert.equal(got.status, 200);
        assert.equal(got.headers['content-type'], `application/grpc-web${kind}`);
        const expected = Buffer.concat([sent, sent, frame(trailers)]);
        const body = text
          ? Buffer.concat(
              (got.body.toString().match(/[A-Za-z0-9+/]+=*/g) ?? []).map((part) =>
                Buffer.from(part, 'base64'),
              ),
            )
          : got.body;
        assert.deepEqual(body, expected);
        assert.deepEqual(got.trailers, {});
        const [call] = b.calls;
        assert.deepEqual(
          [call?.headers['content-type'], call?.headers['te'], call?.headers[':path']],
          [`application/grpc${kind.replace('-text', '')}`, 'trailers', '/pkg.Service/Method'],
        );
        assert.deepEqual(call?.body, sent);
        assert.equal(got.headers['access-control-allow-origin'], 'https://app.example');
        assert.equal(got.headers['access-control-allow-credentials'], 'true');
        assert.match(got.headers['access-control-expose-headers'] ?? '', /x-more.*grpc-status, grpc-message/);
      });
    }
  }

  test('an answer of fields alone', async () => {
    await using b = await bench((stream) => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' },
        { endStream: true },
      );
    });
    const got = await ask(b.port, 'HTTP/1.1', {
      method: 'POST',
      headers: { 'Content-Type': 'application/grpc-web' },
      body: message('x'),
    });
    assert.deepEqual([got.status, got.headers['grpc-status'], got.body.length], [200, '5', 0]);
    assert.equal(got.headers['access-control-allow-origin'], undefined);
  });

  test('messages arrive as they are sent', async () => {
    let open: ServerHttp2Stream | undefined;
    await using b = await bench((stream, headers) => {
      stream.respond({ ':status': 200, 'content-type': headers['content-type'] }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      open = stream;
    });
    using client = await rawClient(b.port);
    const body = message('x').toString('base64');
    client.send(
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc-web-text\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await eventually(() => open !== undefined, 'the call');
    for (const word of ['one', 'three', 'fourth']) {
      open?.write(message(word));
      const part = message(word).toString('base64');
      const joined = () => client.received.toString('latin1').replace(/\r\n[0-9a-f]+\r\n/g, '');
      await client.until(() => joined().includes(part), `the message ${word}`);
    }
    open?.end();
    const got = await client.response();
    assert.match(Buffer.from(got.body.toString().slice(-24), 'base64').toString('latin1'), /grpc-status: 0/);
  });

  test('bodies that are not Base64 are refused', async () => {
    await using b = await bench(echo);
    for (const body of ['no base64!', 'YQ=', 'abcde']) {
      const got = await ask(b.port, 'HTTP/1.1', {
        method: 'POST',
        headers: { 'Content-Type': 'application/grpc-web-text' },
        body,
      });
      assert.equal(got.status, 400, body);
    }
    assert.equal(b.calls.length, 0);
  });

  test('browsers that ask are answered', async () => {
    await using b = await bench(echo);
    const preflight = (from: string, asked: string) =>
      exchange(
        b.port,
        `OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: ${from}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: ${asked}\r\n\r\n`,
      );
    const good = await preflight('https://app.example', 'content-type,x-grpc-web');
    assert.equal(good.status, 204);
    assert.equal(good.headers['access-control-allow-origin'], 'https://app.example');
    assert.equal(good.headers['access-control-allow-headers'], 'content-type,x-grpc-web');
    assert.equal(good.headers['access-control-allow-methods'], 'POST');
    assert.equal(good.headers['access-control-max-age'], '600');
    const bad = await preflight('https://evil.example', 'x-grpc-web');
    assert.deepEqual([bad.status, bad.headers['access-control-allow-origin']], [204, undefined]);
    assert.equal(b.calls.length, 0);
    await preflight('https://app.example', 'x-other');
    assert.equal(b.calls.length, 1);
  });

  test('"*" lets every origin in, and what is no gRPC-Web passes untouched', async () => {
    await using b = await bench(echo, 'allowOrigins: ["*"]');
    const call = (type: string) =>
      ask(b.port, 'HTTP/2', {
        method: 'POST',
        headers: { 'Content-Type': type, Origin: 'https://any.example', te: 'trailers' },
        body: message('x'),
      });
    const web = await call('application/grpc-web');
    assert.equal(web.headers['access-control-allow-origin'], 'https://any.example');
    const plain = await call('application/grpc');
    assert.equal(plain.headers['access-control-allow-origin'], undefined);
    assert.equal(plain.trailers['grpc-status'], '0');
    assert.deepEqual(plain.body, Buffer.concat([message('x'), message('x')]));
    await call('application/grpc-webby');
    assert.equal(b.calls[2]?.headers['content-type'], 'application/grpc-webby');
  });

  test('a server that is gone between messages: the page is told', async () => {
    await using b = await bench((stream, headers) => {
      stream.respond({ ':status': 200, 'content-type': headers['content-type'] });
      stream.write(message('one'), () => setImmediate(() => stream.session?.destroy()));
    });
    const got = await ask(b.port, 'HTTP/1.1', {
      method: 'POST',
      headers: { 'Content-Type': 'application/grpc-web' },
      body: message('x'),
    });
    assert.match(got.body.toString('latin1'), /grpc-status: 14/);
  });
});
