/** A node:http2 client through the whole mesh, before endpoints that speak HTTP/1.1 and HTTP/2. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { constants } from 'node:http2';
import { after, before, suite, test } from 'node:test';
import { ask, eventually, openSession, type Path, read, startPath } from '../harness/harness.ts';
import { bytes, hashOf, type Scenes, startScenes } from './scenes.ts';

const ways = [
  { endpoint: 'http', client: 'https' },
  { endpoint: 'h2c', client: 'https' },
  { endpoint: 'h2c', client: 'http' },
] as const;

for (const { endpoint, client } of ways) {
  suite(`${client} over HTTP/2 → uplink → ${endpoint}`, () => {
    let scenes: Scenes;
    let path: Path;
    let session: ClientHttp2Session & AsyncDisposable;
    before(async () => {
      scenes = await startScenes(endpoint);
      path = await startPath({ url: scenes.url });
      session = await openSession(client === 'https' ? path.tlsUrl : path.url, {
        ca: path.ca,
        maxSendHeaderBlockLength: 262_144,
      });
    });
    after(async () => {
      await session?.[Symbol.asyncDispose]();
      await path?.[Symbol.asyncDispose]();
      await scenes?.[Symbol.asyncDispose]();
    });

    test('200 streams at once, each with its own answer', async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          ask(session, { ':path': '/echo', ':method': 'POST' }, { body: `body ${i}` }),
        ),
      );
      assert.deepEqual(
        answers.map(({ status, body }) => `${status} ${body}`),
        Array.from({ length: 200 }, (_, i) => `200 body ${i}`),
      );
    });

    // The largest once: the other ways differ at their ends only.
    const mebis = endpoint === 'http' ? 64 : 16;
    test(`${mebis} MiB up and ${mebis} MiB down at once arrive whole`, async () => {
      const expected = await hashOf(mebis);
      const hash = createHash('sha256');
      const [up] = await Promise.all([
        ask(session, { ':path': '/hash', ':method': 'POST' }, { body: bytes(mebis) }),
        ask(session, `/download?mib=${mebis}`, { take: (chunk) => hash.update(chunk) }),
      ]);
      assert.equal(up.body.toString(), expected);
      assert.equal(hash.digest('hex'), expected);
    });

    test('trailers both ways', async () => {
      const answer = await ask(
        session,
        { ':path': '/trailers', ':method': 'POST', trailer: 'x-sent' },
        { body: 'twelve bytes', trailers: { 'x-sent': 'by the client' } },
      );
      assert.equal(answer.body.toString(), '12 bytes');
      assert.equal(answer.trailers['x-checksum'], 'abc');
      assert.equal(answer.trailers['x-echo'], 'by the client');
    });

    test('an answer before the upload is whole arrives whole, and the connection goes on', async () => {
      const stream = session.request({ ':path': '/early', ':method': 'POST' });
      stream.write(Buffer.alloc(1024));
      const answer = await read(stream);
      assert.equal(answer.status, 413);
      assert.equal(answer.body.toString(), 'too much');
      stream.destroy();
      assert.equal((await ask(session, '/')).status, 200);
    });

    test('uploads that nobody reads give back what they held of the connection', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, () =>
          ask(session, { ':path': '/early', ':method': 'POST' }, { body: bytes(2, 65_536) }),
        ),
      );
      assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([413]));
      const up = await ask(session, { ':path': '/hash', ':method': 'POST' }, { body: bytes(20) });
      assert.equal(up.body.toString(), await hashOf(20));
    });

    test('an endpoint that breaks off resets the stream, and only that', async () => {
      await assert.rejects(ask(session, '/broken'));
      assert.equal((await ask(session, '/')).status, 200);
    });

    test('50 KiB of header fields there, 431 for more than the limit', async () => {
      const long = 'v'.repeat(50 * 1024);
      const { body } = await ask(session, { ':path': '/', 'x-long': long });
      assert.equal(
        (JSON.parse(body.toString()) as { headers: Record<string, string> }).headers['x-long'],
        long,
      );
      assert.equal((await ask(session, { ':path': '/', 'x-long': 'v'.repeat(70_000) })).status, 431);
      assert.equal((await ask(session, '/')).status, 200);
    });

    test('a reset in the middle of a download reaches the endpoint within a moment', async () => {
      const before = scenes.cancelled();
      const stream = session.request({ ':path': '/endless' });
      stream.on('error', () => undefined);
      stream.resume();
      await new Promise((resolve) => stream.once('data', resolve));
      const closed = performance.now();
      stream.close(constants.NGHTTP2_CANCEL);
      await eventually(() => scenes.cancelled() === before + 1, 2000, 'the endpoint to be told');
      assert.ok(performance.now() - closed < 1000);
      assert.equal((await ask(session, '/')).status, 200);
    });

    test('103 Early Hints come before the answer', async () => {
      const { informed, status, body } = await ask(session, '/hints');
      assert.equal(status, 200);
      assert.equal(body.toString(), 'hinted');
      assert.deepEqual(
        informed.map((head) => [head[':status'], head['link']]),
        [[103, '</style.css>; rel=preload; as=style']],
      );
    });

    test('HEAD, 204 and 304 have no body; content-length is passed on', async () => {
      const got = await ask(session, '/');
      assert.equal(Number(got.headers['content-length']), got.body.length);
      const head = await ask(session, { ':path': '/', ':method': 'HEAD' });
      assert.equal(head.status, 200);
      assert.ok(Number(head.headers['content-length']) > 50);
      assert.equal(head.body.length, 0);
      for (const status of [204, 304]) {
        const answer = await ask(session, `/status/${status}`);
        assert.equal(answer.status, status);
        assert.equal(answer.body.length, 0);
        assert.equal(answer.headers['content-length'], undefined);
      }
      assert.equal((await ask(session, '/status/304')).headers['etag'], '"one"');
    });

    test('cookie crumbs become one field, names lower case, set-cookie stays apart', async () => {
      const { headers, body } = await ask(session, {
        ':path': '/x?q=1',
        cookie: ['a=1', 'b=2; c=3'],
        'X-Case': 'Value',
        te: 'trailers',
      } as OutgoingHttpHeaders);
      const seen = JSON.parse(body.toString()) as { path: string; headers: Record<string, string> };
      assert.equal(seen.path, '/x?q=1');
      assert.equal(seen.headers['cookie'], 'a=1; b=2; c=3');
      assert.equal(seen.headers['x-case'], 'Value');
      assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1, 127.0.0.1', 'the client, then the parent');
      assert.equal(headers['x-mixed-case'], 'Kept');
      assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
      assert.equal(headers['connection'], undefined);
      assert.equal(headers['transfer-encoding'], undefined);
      const authority = seen.headers[':authority'] ?? seen.headers['host'];
      assert.equal(authority, new URL(client === 'https' ? path.tlsUrl : path.url).host);
    });
  });
}
