/** nginx as endpoint over every protocol it has, and in front of the parent. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import {
  ask,
  eventually,
  load,
  openSession,
  type Path,
  send,
  serverCertificate,
  startPath,
  without,
} from '../harness/harness.ts';
import { type Daemon, freePorts, startNginx } from './daemons.ts';
import { type EchoEndpoint, echoClient, startEcho } from './grpc-echo.ts';
import { bytes, hashOf, mebi, type Scenes, startScenes } from './scenes.ts';

suite('nginx as endpoint', { skip: without('nginx') }, () => {
  let behind: Scenes;
  let echo: EchoEndpoint;
  let nginx: Daemon;
  let ports: number[];
  const tls = serverCertificate();
  before(async () => {
    behind = await startScenes('http');
    echo = await startEcho();
    ports = await freePorts(3);
    const [cleartext, both, old] = ports;
    const locations = `
      location = /how { return 200 "$server_protocol $http_host $request_uri"; }
      location = /old.bin { root {here}; }
      location /test.Echo/ { grpc_pass grpc://127.0.0.1:${echo.port}; }
      location / { proxy_pass ${behind.url}; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off; }`;
    nginx = await startNginx(
      `ssl_certificate {here}/web.pem; ssl_certificate_key {here}/web.key;
       keepalive_requests 50;
       server { listen 127.0.0.1:${cleartext} http2; ${locations} }
       server { listen 127.0.0.1:${both} ssl http2; ${locations} }
       server { listen 127.0.0.1:${old} ssl; ${locations} }`,
      ports,
      { 'web.pem': tls.certificate, 'web.key': tls.key, 'old.bin': 'x'.repeat(4 * mebi) },
    );
  });
  after(async () => {
    await nginx?.[Symbol.asyncDispose]();
    await echo?.[Symbol.asyncDispose]();
    await behind?.[Symbol.asyncDispose]();
  });

  const transport = { rootCAs: [tls.certificate] };
  const kinds = [
    { name: 'h2c://', url: () => `h2c://127.0.0.1:${ports[0]}`, speaks: 'HTTP/2.0' },
    {
      name: 'https:// with ALPN h2',
      url: () => `https://127.0.0.1:${ports[1]}`,
      transport,
      speaks: 'HTTP/2.0',
    },
    {
      name: 'https:// of HTTP/1.1 alone',
      url: () => `https://127.0.0.1:${ports[2]}`,
      transport,
      speaks: 'HTTP/1.1',
    },
    {
      name: 'https:// with disableHTTP2',
      url: () => `https://127.0.0.1:${ports[1]}`,
      transport: { ...transport, disableHTTP2: true },
      speaks: 'HTTP/1.1',
    },
  ];
  for (const { name, url, speaks, transport: dialled } of kinds) {
    test(`${name}: requests, bodies both ways, gRPC, and its GOAWAYs lose nothing`, async () => {
      await using path = await startPath({
        url: url(),
        ...(dialled === undefined ? {} : { transport: dialled }),
      });
      await using session = await openSession(path.tlsUrl, { ca: path.ca });
      const how = await ask(session, '/how?x=1');
      assert.equal(how.body.toString(), `${speaks} localhost:${path.tlsPort} /how?x=1`);
      assert.equal((await ask(session, '/old.bin')).body.length, 4 * mebi);
      const up = await ask(session, { ':path': '/hash', ':method': 'POST' }, { body: bytes(8) });
      assert.equal(up.body.toString(), await hashOf(8));
      assert.equal((await ask(session, { ':path': '/how', ':method': 'HEAD' })).status, 200);
      if (speaks === 'HTTP/2.0') {
        using client = echoClient(path.port);
        assert.equal((await client.unary('through nginx')).value?.toString(), 'through nginx');
        const failed = await client.unary('', { 'x-do': 'fail' });
        assert.equal(failed.error?.code, status.FAILED_PRECONDITION);
      }
      // nginx ends each connection after 50 requests, with a GOAWAY or a close.
      const report = await load({ url: `${path.url}/how`, concurrency: 16, requests: 1500 }).finished();
      assert.deepEqual(report.failures, {});
    });
  }

  test('reloads of nginx under load lose nothing', async () => {
    await using path = await startPath({ url: kinds[0]?.url() ?? '' });
    await using running = load({ url: `${path.url}/how`, concurrency: 16, ratePerSecond: 1500 });
    for (let i = 0; i < 3; i++) {
      running.take();
      nginx.process.kill('SIGHUP');
      await running.seen(400);
    }
    assert.deepEqual((await running.stop()).failures, {});
  });
});

suite('nginx in front', { skip: without('nginx') }, () => {
  let behind: Scenes;
  let echo: EchoEndpoint;
  let path: Path;
  let calls: Path;
  before(async () => {
    behind = await startScenes('h2c');
    echo = await startEcho();
    [path, calls] = await Promise.all([startPath({ url: behind.url }), startPath({ url: echo.url })]);
  });
  after(async () => {
    for (const one of [path, calls, echo, behind]) await one?.[Symbol.asyncDispose]();
  });

  test('proxy_pass over HTTP/1.1 with keep-alive, and grpc_pass over HTTP/2', async () => {
    const [web, grpc] = (await freePorts(2)) as [number, number];
    await using _ = await startNginx(
      `upstream parent { server 127.0.0.1:${path.port}; keepalive 16; }
       server { listen 127.0.0.1:${web}; location / {
         proxy_pass http://parent; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; } }
       server { listen 127.0.0.1:${grpc} http2; location / { grpc_pass grpc://127.0.0.1:${calls.port}; } }`,
      [web, grpc],
    );
    const report = await load({
      url: `http://127.0.0.1:${web}/x`,
      concurrency: 16,
      requests: 2000,
    }).finished();
    assert.deepEqual(report.failures, {});
    const echoed = await send(`http://127.0.0.1:${web}/echo`, { method: 'POST', body: 'x'.repeat(mebi) });
    assert.equal(echoed.body.length, mebi);

    using client = echoClient(grpc);
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => client.unary(`call ${i}`)));
    assert.deepEqual(
      results.map(({ value, error }) => error?.message ?? value?.toString()),
      results.map((_, i) => `call ${i}`),
    );
    const failed = await client.unary('', { 'x-do': 'fail' });
    assert.equal(failed.error?.code, status.FAILED_PRECONDITION);
    const before = echo.cancelled();
    const hanging = await client.unary('', { 'x-do': 'hang' }, 1000);
    assert.equal(hanging.error?.code, status.DEADLINE_EXCEEDED);
    await eventually(() => echo.cancelled() > before, 2000, 'the endpoint’s call to be cancelled');
  });
});
