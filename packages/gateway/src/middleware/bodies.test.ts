/** The middlewares that see bodies, in one chain: what each does must hold with the others in front of and behind it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { ask, decoded } from '../testing/plain-clients.ts';
import { rawClient } from '../testing/raw-client.ts';

interface Options {
  readonly chain?: string;
  readonly workers?: number;
  /** Of another endpoint. */
  readonly port?: number;
  /** The middlewares are the service's own. */
  readonly inside?: boolean;
}

async function bench(options: Options = {}) {
  const chain = options.chain ?? 'zip, pages, auth, limit';
  const inside = options.inside === true;
  const endpoint = await recordingEndpoint((request, response, { body }) => {
    if (request.url?.startsWith('/fail') === true) response.writeHead(503).end('failed');
    else response.setHeader('Content-Type', 'text/plain').end(body.length > 0 ? body : 'x'.repeat(5000));
  });
  const auth = await recordingEndpoint((request, response) => {
    response
      .writeHead(request.headers['x-forwarded-uri'] === '/secret' ? 403 : 200, { 'X-User': 'ann' })
      .end('no');
  });
  const pages = await recordingEndpoint((request, response) =>
    response.end(`page ${request.url} `.repeat(200)),
  );
  const gateway = await gatewayFrom(
    `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: ${inside ? 'inner' : 's'}, middlewares: [${inside ? '' : chain}] } }
  middlewares:
    zip: { compress: {} }
    pages: { errors: { status: ["403", "413", "500-599"], service: pages, query: "/{status}" } }
    auth: { forwardAuth: { address: "http://127.0.0.1:${auth.port}", forwardBody: true, authResponseHeaders: [X-User] } }
    limit: { buffering: { maxRequestBodyBytes: 200000000, memRequestBodyBytes: 65536, maxResponseBodyBytes: 200000000, memResponseBodyBytes: 65536 } }
    small: { buffering: { maxRequestBodyBytes: 10 } }
    web: { grpcWeb: { allowOrigins: ["*"] } }
  services:
${balancers({ s: [options.port ?? endpoint.port], pages: [pages.port] })}
    inner: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${endpoint.port}" }] }, middlewares: [${inside ? chain : ''}] }
`,
    options.workers === undefined ? {} : { workers: options.workers },
  );
  return {
    endpoint,
    auth,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      for (const each of [endpoint, auth, pages]) await each[Symbol.asyncDispose]();
    },
  };
}

/** Bytes of memory that this process's workers use. */
function rss(): number {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const pages = pids.map((pid) => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]));
  return pages.reduce((sum, each) => sum + each, 0) * 4096;
}

const gzip = { 'Accept-Encoding': 'gzip' };

describe('bodies through all that see them', () => {
  for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
    for (const [chain, inside] of [
      ['zip, pages, auth, limit', false],
      ['zip, pages, auth, limit', true],
      ['limit, auth, pages, zip', false],
      ['limit, auth, pages, zip', true],
      ['web, auth, limit, zip, pages', false],
    ] as const) {
      test(`${chain} over ${version}${inside ? ', of the service' : ''}`, async () => {
        await using b = await bench({ chain, inside });
        const body = randomBytes(300_000);
        const posted = await ask(b.port, version, { method: 'POST', headers: gzip, body });
        assert.deepEqual([posted.status, posted.headers['content-encoding']], [200, 'gzip']);
        assert.ok(decoded(posted).equals(body));
        assert.ok(b.auth.requests[0]?.body.equals(body));
        assert.ok(b.endpoint.requests[0]?.rawHeaders.includes('ann'));
        const got = await ask(b.port, version, { headers: gzip });
        assert.equal(decoded(got).toString(), 'x'.repeat(5000));
        const failed = await ask(b.port, version, { path: '/fail', headers: gzip });
        assert.equal(failed.status, 503);
        assert.match(decoded(failed).toString(), /^page \/503 page/);
        const head = await ask(b.port, version, { method: 'HEAD', headers: gzip });
        assert.deepEqual([head.status, head.body.length], [200, 0]);
      });
    }
  }

  test('a refusal of the server that is asked gets a page, compressed', async () => {
    await using b = await bench();
    const got = await ask(b.port, 'HTTP/1.1', { path: '/secret', headers: gzip });
    assert.deepEqual([got.status, got.headers['content-encoding']], [403, 'gzip']);
    assert.match(decoded(got).toString(), /^page \/403/);
    assert.equal(b.endpoint.requests.length, 0);
  });

  test('a WebSocket passes them all', async () => {
    await using endpoint = await scriptedEndpoint(({ text, send, socket }, piece) => {
      if (text().endsWith('\r\n\r\n'))
        send(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
        );
      else socket.write(piece);
    });
    await using b = await bench({ port: endpoint.port });
    using client = await rawClient(b.port);
    client.send(
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAccept-Encoding: gzip\r\n\r\n',
    );
    assert.equal((await client.response()).status, 101);
    client.send('echo me');
    await client.until(() => client.received.toString() === 'echo me', 'the echo');
    assert.equal(b.auth.requests.length, 1);
  });

  test('a body that is too large gets its page before anybody is asked', async () => {
    await using b = await bench({ chain: 'pages, small, auth' });
    const got = await ask(b.port, 'HTTP/1.1', { method: 'POST', body: 'x'.repeat(11) });
    assert.equal(got.status, 413);
    assert.match(got.body.toString(), /^page \/413/);
    assert.equal(b.auth.requests.length, 0);
  });

  test('one connection, many requests of all sorts', async () => {
    await using b = await bench();
    using client = await rawClient(b.port);
    const sorts = [
      ['GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br\r\n\r\n', 200],
      ['POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 200],
      ['GET /fail HTTP/1.1\r\nHost: h\r\nAccept-Encoding: zstd\r\n\r\n', 503],
      ['GET /secret HTTP/1.1\r\nHost: h\r\n\r\n', 403],
      ['HEAD / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n', 200],
    ] as const;
    let state = 7;
    const picked = Array.from({ length: 60 }, () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return sorts[state % sorts.length] as (typeof sorts)[number];
    });
    client.send(picked.map(([text]) => text).join(''));
    for (const [text, status] of picked)
      assert.equal((await client.response(text.slice(0, text.indexOf(' ')))).status, status, text);
  });

  test('clients that leave at any moment leave nothing behind', async () => {
    await using b = await bench();
    for (let i = 0; i < 30; i++) {
      const request = httpRequest({ port: b.port, method: 'POST', agent: false, headers: gzip });
      request.on('error', () => undefined);
      request.on('response', (response) => response.on('data', () => request.destroy()));
      request.write(randomBytes(50_000));
      for (let turn = 0; turn < i; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (i % 3 === 0) request.destroy();
      else request.end(randomBytes(100_000));
      if (i % 3 === 1)
        for (let turn = 0; turn < i; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (i % 3 === 1) request.destroy();
    }
    const got = await ask(b.port, 'HTTP/1.1', { headers: gzip });
    assert.equal(got.status, 200);
    await eventually(() => {
      const open = readdirSync('/proc/self/fd').length;
      return open < 120 && !process.getActiveResourcesInfo().includes('ZLIB');
    }, 'files and encoders to be gone');
  });

  test('100 MB there and back in little memory', { timeout: 60_000 }, async () => {
    await using b = await bench({ chain: 'zip, limit', workers: 1 });
    assert.equal((await ask(b.port, 'HTTP/1.1', { method: 'POST', body: 'warm' })).status, 200);
    const before = rss();
    let most = 0;
    const piece = randomBytes(65_536);
    const request = httpRequest({ port: b.port, method: 'POST', agent: false });
    const received = new Promise<number>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          most = Math.max(most, rss());
        });
        response.on('end', () => resolve(bytes));
      });
    });
    for (let i = 0; i < 1600; i++) {
      most = Math.max(most, rss());
      if (!request.write(piece)) await new Promise((resolve) => request.once('drain', resolve));
    }
    request.end();
    assert.equal(await received, 1600 * piece.length);
    assert.ok(most - before < 90_000_000, `${most - before} bytes more than before`);
  });
});
