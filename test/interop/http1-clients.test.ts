/** HTTP/1.1 clients before an endpoint that speaks HTTP/2 alone: translated there and back. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { eventually, type Path, startPath } from '../harness/harness.ts';
import { bytes, hashOf, type Scenes, startScenes } from './scenes.ts';

for (const scheme of ['http', 'https'] as const) {
  suite(`${scheme} over HTTP/1.1 → uplink → h2c`, () => {
    let scenes: Scenes;
    let path: Path;
    before(async () => {
      scenes = await startScenes('h2c');
      path = await startPath({ url: scenes.url });
    });
    after(async () => {
      await path?.[Symbol.asyncDispose]();
      await scenes?.[Symbol.asyncDispose]();
    });

    const open = (target: string, options: RequestOptions = {}) => {
      const made =
        scheme === 'http'
          ? httpRequest(`${path.url}${target}`, { agent: false, ...options })
          : httpsRequest(`${path.tlsUrl}${target}`, { agent: false, ca: path.ca, ...options });
      made.on('error', () => undefined);
      return made;
    };
    const text = async (response: IncomingMessage) => {
      let all = '';
      for await (const chunk of response) all += chunk;
      return all;
    };

    test('32 MiB up, in chunks and with a length', async () => {
      const expected = await hashOf(32);
      for (const headers of [{}, { 'content-length': 32 * 1024 * 1024 }]) {
        const upload = open('/hash', { method: 'POST', headers });
        const answered = once(upload, 'response');
        Readable.from(bytes(32)).pipe(upload);
        const [response] = await answered;
        assert.equal(await text(response), expected);
      }
    });

    test('32 MiB down to a client that stops again and again', async () => {
      const download = open('/download?mib=32');
      download.end();
      const [response] = (await once(download, 'response')) as [IncomingMessage];
      const hash = createHash('sha256');
      let since = 0;
      response.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        since += chunk.length;
        if (since < 4 * 1024 * 1024) return;
        since = 0;
        response.pause();
        // Long enough for every window and buffer on the way to fill.
        setTimeout(() => response.resume(), 30);
      });
      await once(response, 'end');
      assert.equal(hash.digest('hex'), await hashOf(32));
    });

    test('trailers both ways', async () => {
      const upload = open('/trailers', { method: 'POST', headers: { trailer: 'x-sent', te: 'trailers' } });
      const answered = once(upload, 'response');
      upload.write('twelve bytes');
      upload.addTrailers({ 'x-sent': 'by the client' });
      upload.end();
      const [response] = (await answered) as [IncomingMessage];
      assert.equal(await text(response), '12 bytes');
      assert.equal(response.trailers['x-checksum'], 'abc');
      assert.equal(response.trailers['x-echo'], 'by the client');
    });

    test('early answers, Early Hints, Expect: 100-continue', async () => {
      const upload = open('/early', { method: 'POST' });
      const answered = once(upload, 'response');
      upload.write('x');
      const [early] = (await answered) as [IncomingMessage];
      assert.equal(early.statusCode, 413);
      assert.equal(await text(early), 'too much');
      upload.destroy();

      const hinted = open('/hints');
      const hints: string[] = [];
      hinted.on('information', ({ statusCode, headers }) => hints.push(`${statusCode} ${headers['link']}`));
      hinted.end();
      await text((await once(hinted, 'response'))[0]);
      assert.deepEqual(hints, ['103 </style.css>; rel=preload; as=style']);

      const asking = open('/hash', { method: 'POST', headers: { expect: '100-continue' } });
      asking.flushHeaders();
      await once(asking, 'continue');
      const hashed = once(asking, 'response');
      asking.end('asked first');
      const expected = createHash('sha256').update('asked first').digest('hex');
      assert.equal(await text((await hashed)[0]), expected);
    });

    test('an endpoint that breaks off breaks off the client’s connection', async () => {
      const asking = open('/broken');
      asking.end();
      // Over TLS the head may be lost with the rest.
      await assert.rejects(once(asking, 'response').then(([response]) => text(response)));
    });

    test('a client that leaves resets the endpoint’s stream', async () => {
      const before = scenes.cancelled();
      const download = open('/endless');
      download.end();
      const [response] = (await once(download, 'response')) as [IncomingMessage];
      await once(response, 'data');
      download.destroy();
      await eventually(() => scenes.cancelled() === before + 1, 2000, 'the endpoint to be told');
    });

    test('HEAD, 204 and 304', async () => {
      for (const [method, target, status] of [
        ['HEAD', '/', 200],
        ['GET', '/status/204', 204],
        ['GET', '/status/304', 304],
      ] as const) {
        const asking = open(target, { method });
        asking.end();
        const [response] = (await once(asking, 'response')) as [IncomingMessage];
        assert.equal(response.statusCode, status);
        assert.equal(await text(response), '');
        assert.equal(response.headers['transfer-encoding'], undefined);
      }
    });
  });
}

test('pipelined requests are answered in their order', async () => {
  await using scenes = await startScenes('h2c');
  await using path = await startPath({ url: scenes.url });
  const socket = connect(path.port, '127.0.0.1');
  let got = '';
  socket.on('data', (chunk) => {
    got += chunk;
  });
  const asked = Array.from({ length: 20 }, (_, i) => `/${i}`);
  socket.write(asked.map((target) => `GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`).join(''));
  await eventually(() => got.split('HTTP/1.1 200').length === 21 && got.endsWith('}'), 5000, '20 answers');
  assert.deepEqual(
    [...got.matchAll(/"path":"([^"]+)"/g)].map((match) => match[1]),
    asked,
  );
  socket.destroy();
});
