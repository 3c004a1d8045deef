/** HAProxy as endpoint over HTTP/2, and in front of the parent's entrypoints over HTTP/2. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { WebSocket } from 'ws';
import {
  ask,
  eventually,
  load,
  openSession,
  send,
  serverCertificate,
  startPath,
  without,
} from '../harness/harness.ts';
import { bundle, type Daemon, freePorts, startHaproxy } from './daemons.ts';
import { echoClient, startEcho } from './grpc-echo.ts';
import { bytes, hashOf, mebi, type Scenes, startScenes } from './scenes.ts';
import { startSocketEndpoint } from './websocket-endpoint.ts';

suite('HAProxy as endpoint', { skip: without('haproxy') }, () => {
  let behind: Scenes;
  let haproxy: Daemon;
  let ports: number[];
  const tls = serverCertificate();
  before(async () => {
    behind = await startScenes('http');
    ports = await freePorts(2);
    haproxy = await startHaproxy(
      `frontend web
         bind 127.0.0.1:${ports[0]} proto h2
         bind 127.0.0.1:${ports[1]} ssl crt {here}/web.pem alpn h2,http/1.1
         http-response set-header x-version %HV
         default_backend scenes
       backend scenes
         server one ${new URL(behind.url).host}`,
      ports,
      { 'web.pem': bundle(tls) },
    );
  });
  after(async () => {
    await haproxy?.[Symbol.asyncDispose]();
    await behind?.[Symbol.asyncDispose]();
  });

  for (const scheme of ['h2c', 'https'] as const) {
    test(`${scheme}: requests, bodies both ways, trailers, early answers`, async () => {
      const url = `${scheme}://127.0.0.1:${ports[scheme === 'h2c' ? 0 : 1]}`;
      await using path = await startPath({ url, transport: { rootCAs: [tls.certificate] } });
      await using session = await openSession(path.tlsUrl, { ca: path.ca });
      const answer = await ask(session, '/');
      assert.equal(answer.headers['x-version'], 'HTTP/2.0');
      assert.equal((JSON.parse(answer.body.toString()) as { path: string }).path, '/');
      const up = await ask(session, { ':path': '/hash', ':method': 'POST' }, { body: bytes(8) });
      assert.equal(up.body.toString(), await hashOf(8));
      let down = 0;
      await ask(session, '/download?mib=8', {
        take: (chunk) => {
          down += chunk.length;
        },
      });
      assert.equal(down, 8 * mebi);
      const trailed = await ask(session, { ':path': '/trailers', ':method': 'POST' }, { body: 'x' });
      assert.equal(trailed.trailers['x-checksum'], 'abc');
      const early = await ask(session, { ':path': '/early', ':method': 'POST' }, { body: 'x' });
      assert.equal(early.status, 413);
      const report = await load({ url: `${path.url}/x`, concurrency: 16, requests: 1500 }).finished();
      assert.deepEqual(report.failures, {});
    });
  }
});

suite('HAProxy in front, over HTTP/2', { skip: without('haproxy') }, () => {
  test('to the cleartext entrypoint and to the TLS one: requests and bodies', async () => {
    await using behind = await startScenes('http');
    await using path = await startPath({ url: behind.url });
    const [cleartext, encrypted] = (await freePorts(2)) as [number, number];
    await using _ = await startHaproxy(
      `listen cleartext
         bind 127.0.0.1:${cleartext}
         http-reuse always
         server parent 127.0.0.1:${path.port} proto h2
       listen encrypted
         bind 127.0.0.1:${encrypted}
         http-reuse always
         server parent 127.0.0.1:${path.tlsPort} ssl alpn h2 sni str(localhost) verifyhost localhost ca-file {here}/ca.pem`,
      [cleartext, encrypted],
      { 'ca.pem': path.ca },
    );
    for (const port of [cleartext, encrypted]) {
      const url = `http://127.0.0.1:${port}`;
      const report = await load({ url: `${url}/x`, concurrency: 32, requests: 1500 }).finished();
      assert.deepEqual(report.failures, {});
      const body = 'x'.repeat(8 * mebi);
      const echoed = await send(`${url}/echo`, { method: 'POST', body });
      assert.equal(echoed.body, body);
      assert.equal((await send(`${url}/early`, { method: 'POST', body: 'x' })).status, 413);
      assert.equal((await send(`${url}/x`, { method: 'HEAD' })).status, 200);
    }
  });

  test('gRPC and WebSocket', async () => {
    await using echo = await startEcho();
    await using calls = await startPath({ url: echo.url });
    await using endpoint = await startSocketEndpoint('http');
    await using sockets = await startPath({ url: endpoint.url });
    const [grpc, web] = (await freePorts(2)) as [number, number];
    await using _ = await startHaproxy(
      `listen grpc
         bind 127.0.0.1:${grpc} proto h2
         server parent 127.0.0.1:${calls.port} proto h2
       listen web
         bind 127.0.0.1:${web}
         server parent 127.0.0.1:${sockets.port} proto h2 ws h2`,
      [grpc, web],
    );
    using client = echoClient(grpc);
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => client.unary(`call ${i}`)));
    assert.deepEqual(
      results.map(({ value, error }) => error?.message ?? value?.toString()),
      results.map((_, i) => `call ${i}`),
    );
    const socket = new WebSocket(`ws://127.0.0.1:${web}/echo`);
    await once(socket, 'open');
    const answer = once(socket, 'message');
    socket.send('by HAProxy, as RFC 8441');
    assert.equal(String((await answer)[0]), 'by HAProxy, as RFC 8441');
    const closed = once(socket, 'close');
    socket.close(3001);
    assert.equal((await closed)[0], 3001);
    // The client may see the end of its connection before the endpoint sees that of its own.
    await eventually(() => endpoint.closed.length > 0, 2000, 'the endpoint to see the end');
    assert.deepEqual(endpoint.closed, ['3001 ']);
  });
});
