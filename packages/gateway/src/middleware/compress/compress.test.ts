import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../../testing/endpoints.ts';
import { eventually } from '../../testing/eventually.ts';
import { balancers, gatewayFrom } from '../../testing/from-yaml.ts';
import { type Ask, ask, decoded, decoder, type Version } from '../../testing/plain-clients.ts';
import { exchange, rawClient } from '../../testing/raw-client.ts';

const text = Buffer.from(Array.from({ length: 4000 }, (_, i) => `line ${i} of what is sent\n`).join(''));

function file(port: number, compress = ''): string {
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [z] } }
  middlewares: { z: { compress: {${compress}} } }
  services:
${balancers({ s: [port] })}
`;
}

type Reply = (request: IncomingMessage, response: ServerResponse) => void;

async function through(reply: Reply, what: Ask, compress = '', version: Version = 'HTTP/1.1') {
  await using endpoint = await recordingEndpoint(reply);
  await using gateway = await gatewayFrom(file(endpoint.port, compress));
  return await ask(gateway.port, version, what);
}

const accepting = (encoding: string): Ask => ({ headers: { 'Accept-Encoding': encoding } });

describe('compress', () => {
  for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
    for (const encoding of ['gzip', 'br', 'zstd']) {
      test(`${encoding} over ${version}: with a length, in pieces, and the file it was`, async () => {
        await using endpoint = await recordingEndpoint((request, response) => {
          response.setHeader('Content-Type', 'text/plain');
          response.setHeader('ETag', '"v1"');
          response.setHeader('Content-MD5', 'x');
          if (request.url === '/length') response.writeHead(200, { 'Content-Length': text.length }).end(text);
          else {
            for (let i = 0; i < text.length; i += 1000) response.write(text.subarray(i, i + 1000));
            response.end();
          }
        });
        await using gateway = await gatewayFrom(file(endpoint.port));
        for (const path of ['/length', '/pieces']) {
          const got = await ask(gateway.port, version, { path, ...accepting(encoding) });
          assert.equal(got.status, 200);
          assert.equal(got.headers['content-encoding'], encoding);
          assert.equal(got.headers['content-length'], undefined);
          assert.equal(got.headers['content-md5'], undefined);
          assert.equal(got.headers['vary'], 'Accept-Encoding');
          assert.equal(got.headers['etag'], 'W/"v1"');
          assert.ok(got.body.length < text.length / 3, `${got.body.length} of ${text.length}`);
          assert.ok(decoded(got).equals(text));
        }
      });
    }
  }

  for (const [what, reply] of [
    ['a small body', (_, response) => response.end('small')],
    [
      'small pieces',
      (_, response) => {
        response.write('sm');
        response.end('all');
      },
    ],
    ['what is encoded', (_, response) => response.writeHead(200, { 'Content-Encoding': 'br' }).end(text)],
    ['no-transform', (_, response) => response.setHeader('Cache-Control', 'private, no-transform').end(text)],
    [
      'gRPC',
      (_, response) => response.writeHead(200, { 'Content-Type': 'application/grpc+proto' }).end(text),
    ],
    [
      'a part',
      (_, response) => response.writeHead(206, { 'Content-Range': `bytes 0-${text.length - 1}/*` }).end(text),
    ],
  ] satisfies [string, Reply][]) {
    test(`${what} is left alone`, async () => {
      await using endpoint = await recordingEndpoint(reply as Reply);
      await using gateway = await gatewayFrom(file(endpoint.port));
      const plain = await ask(gateway.port, 'HTTP/1.1');
      const got = await ask(gateway.port, 'HTTP/1.1', accepting('gzip'));
      assert.equal(got.headers['content-encoding'], plain.headers['content-encoding']);
      assert.ok(got.body.equals(plain.body));
      assert.equal(got.headers['vary'], plain.headers['vary']);
    });
  }

  test('a small body in pieces gets its length', async () => {
    const got = await through((_, response) => {
      response.write('sm');
      response.end('all');
    }, accepting('gzip'));
    assert.equal(got.headers['content-length'], '5');
    assert.equal(got.headers['vary'], 'Accept-Encoding');
  });

  test('caches are told even where nothing was compressed, and told once', async () => {
    const vary = async (given: string | undefined, what: Ask) => {
      const reply: Reply = (_, response) => {
        if (given !== undefined) response.setHeader('Vary', given);
        response.end(text);
      };
      return (await through(reply, what)).headers['vary'];
    };
    assert.equal(await vary(undefined, {}), 'Accept-Encoding');
    assert.equal(await vary('Origin', accepting('gzip')), 'Origin, Accept-Encoding');
    assert.equal(await vary('accept-encoding, Origin', accepting('gzip')), 'accept-encoding, Origin');
    assert.equal(await vary('*', accepting('gzip')), '*');
  });

  test('nothing, 204, 304 and HEAD have no body to encode', async () => {
    await using endpoint = await recordingEndpoint((request, response) => {
      const status = Number(request.url?.slice(1));
      if (request.method === 'HEAD') response.writeHead(200, { 'Content-Length': 5000 }).end();
      else response.writeHead(status, status === 200 ? { 'Content-Length': 0 } : { ETag: '"a"' }).end();
    });
    await using gateway = await gatewayFrom(file(endpoint.port));
    for (const path of ['/200', '/204', '/304']) {
      const got = await ask(gateway.port, 'HTTP/1.1', { path, ...accepting('gzip') });
      assert.deepEqual([got.headers['content-encoding'], got.body.length], [undefined, 0], path);
    }
    const head = await ask(gateway.port, 'HTTP/1.1', { method: 'HEAD', path: '/200', ...accepting('gzip') });
    assert.deepEqual([head.headers['content-encoding'], head.headers['content-length']], [undefined, '5000']);
  });

  test('media types, in and out', async () => {
    const type = async (written: string, rules: string) => {
      const reply: Reply = (_, response) => response.setHeader('Content-Type', written).end(text);
      return (await through(reply, accepting('gzip'), rules)).headers['content-encoding'];
    };
    assert.equal(await type('Text/HTML; charset=utf-8', 'includedContentTypes: [text/html]'), 'gzip');
    assert.equal(await type('text/css', 'includedContentTypes: [text/html]'), undefined);
    assert.equal(await type('text/css; a=b', 'excludedContentTypes: ["TEXT/css"]'), undefined);
    assert.equal(await type('text/css; a=b', 'excludedContentTypes: ["text/css; a=c"]'), 'gzip');
    assert.equal(await type('nonsense', 'excludedContentTypes: [text/css]'), undefined);
    assert.equal(await type('nonsense', ''), 'gzip');
  });

  test('a request of an excluded type, or with no-transform, is left alone', async () => {
    const reply: Reply = (_, response) => response.end(text);
    const asked = async (name: string, value: string) => {
      const what = { headers: { 'Accept-Encoding': 'gzip', [name]: value } };
      return (await through(reply, what, 'excludedContentTypes: [text/x]')).headers['content-encoding'];
    };
    assert.equal(await asked('Content-Type', 'text/x'), undefined);
    assert.equal(await asked('Cache-Control', 'no-transform'), undefined);
    assert.equal(await asked('Cache-Control', 'no-cache'), 'gzip');
  });

  test('trailers arrive behind the encoded body', async () => {
    const reply: Reply = (_, response) => {
      response.setHeader('Trailer', 'X-Sum');
      response.write(text);
      response.addTrailers({ 'X-Sum': '7' });
      response.end();
    };
    const got = await through(reply, accepting('zstd'));
    assert.ok(decoded(got).equals(text));
    assert.equal(got.trailers['x-sum'], '7');
  });

  for (const encoding of ['gzip', 'br', 'zstd']) {
    test(`events in ${encoding} arrive as they happen`, async () => {
      let stream: ServerResponse | undefined;
      await using endpoint = await recordingEndpoint((_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
        stream = response;
      });
      await using gateway = await gatewayFrom(file(endpoint.port));
      const request = httpRequest({ port: gateway.port, agent: false, ...accepting(encoding) }).end();
      let seen = '';
      const decode = decoder(encoding).on('data', (piece: Buffer) => {
        seen += piece.toString();
      });
      request.on('response', (response) => response.pipe(decode));
      await eventually(() => stream !== undefined, 'the request');
      for (let i = 0; i < 5; i++) {
        stream?.write(`data: ${i}\n\n`);
        await eventually(() => seen.endsWith(`data: ${i}\n\n`), `event ${i}`);
      }
      stream?.end();
      await eventually(() => decode.readableEnded, 'the end');
    });
  }

  test('one connection serves compressed and plain answers in turn', async () => {
    await using endpoint = await recordingEndpoint((_, response) => response.end(text));
    await using gateway = await gatewayFrom(file(endpoint.port));
    const get = (more: string) => `GET / HTTP/1.1\r\nHost: h\r\n${more}\r\n`;
    using client = await rawClient(gateway.port);
    client.send(get('Accept-Encoding: gzip\r\n') + get('') + get('Accept-Encoding: br\r\n'));
    const encodings = [];
    for (let i = 0; i < 3; i++) encodings.push((await client.response()).headers['content-encoding']);
    assert.deepEqual(encodings, ['gzip', undefined, 'br']);
  });

  test('an endpoint that breaks off is not taken for whole', async () => {
    await using endpoint = await scriptedEndpoint(({ send, socket, text: said }) => {
      const length = said().includes('/long') ? 5000 : 500;
      send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(300)}`);
      setImmediate(() => socket.destroy());
    });
    await using gateway = await gatewayFrom(file(endpoint.port));
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n`;
    await assert.rejects(exchange(gateway.port, get('/long')), /closed/);
    await assert.rejects(exchange(gateway.port, get('/short')), /closed/);
  });

  test('100 MB for a slow reader: all of it, in little memory', { timeout: 60_000 }, async () => {
    const piece = randomBytes(65_536);
    const pieces = 1600;
    await using endpoint = await recordingEndpoint((_, response) => {
      let sent = 0;
      const more = () => {
        while (sent < pieces) {
          sent++;
          if (!response.write(piece)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    await using gateway = await gatewayFrom(file(endpoint.port));
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    let most = 0;
    const request = httpRequest({ port: gateway.port, agent: false, ...accepting('zstd') }).end();
    const bytes = await new Promise<number>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        let got = 0;
        const decode = decoder('zstd');
        response.pipe(decode);
        let turn = 0;
        decode.on('data', (chunk: Buffer) => {
          got += chunk.length;
          if (++turn % 64 !== 0) return;
          most = Math.max(most, process.memoryUsage.rss() - before);
          decode.pause();
          setImmediate(() => decode.resume());
        });
        decode.on('end', () => resolve(got));
        decode.on('error', reject);
      });
    });
    assert.equal(bytes, pieces * piece.length);
    assert.ok(most < 100_000_000, `${most} bytes more than before`);
  });

  test('a client that leaves frees the endpoint', async () => {
    await using endpoint = await recordingEndpoint((_, response) => {
      const more = () => {
        while (response.write(randomBytes(65_536)));
      };
      response.on('drain', more);
      more();
    });
    await using gateway = await gatewayFrom(file(endpoint.port));
    for (const encoding of ['gzip', 'br', 'zstd']) {
      const request = httpRequest({ port: gateway.port, agent: false, ...accepting(encoding) }).end();
      request.on('error', () => undefined);
      await new Promise<void>((resolve) => {
        request.on('response', (response) => response.once('data', () => resolve()));
      });
      request.destroy();
      await eventually(() => endpoint.sockets.size === 0, 'the endpoint to be let go');
    }
  });
});
