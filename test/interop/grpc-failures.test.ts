/** gRPC when something is wrong or slow: deadlines, endpoints that are down, names nobody serves, silence. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { h2Server } from '@ficus/gateway/testing/h2-servers.ts';
import { status } from '@grpc/grpc-js';
import { ask, eventually, openSession, startPath, workloadName } from '../harness/harness.ts';
import { echoClient, startEcho } from './grpc-echo.ts';

const grpcHead = {
  ':method': 'POST',
  ':path': '/test.Echo/Unary',
  'content-type': 'application/grpc',
  te: 'trailers',
};

test('a client’s deadline: DEADLINE_EXCEEDED, and the endpoint’s call is cancelled', async () => {
  await using endpoint = await startEcho();
  await using path = await startPath({ url: endpoint.url });
  using client = echoClient(path.port);
  const began = performance.now();
  const { error } = await client.unary('', { 'x-do': 'hang' }, 1000);
  assert.equal(error?.code, status.DEADLINE_EXCEEDED);
  assert.ok(performance.now() - began < 3000);
  await eventually(() => endpoint.cancelled() === 1, 2000, 'the endpoint’s call to be cancelled');
});

test('a client that does not enforce its own deadline gets grpc-status 4 of the gateway, whatever the endpoint does', async () => {
  let open: ServerHttp2Stream | undefined;
  await using endpoint = await h2Server((stream, headers) => {
    stream.resume();
    open = stream;
    if (headers[':path'] === '/test.Echo/Begun')
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
  });
  await using path = await startPath({ url: `h2c://127.0.0.1:${endpoint.port}` });
  await using session = await openSession(path.url);
  const began = performance.now();
  const silent = await ask(session, { ...grpcHead, 'grpc-timeout': '250m' }, { body: Buffer.alloc(5) });
  const tookMs = performance.now() - began;
  assert.ok(tookMs >= 240 && tookMs < 1500, `${tookMs} ms`);
  assert.equal(silent.status, 200);
  assert.equal(silent.headers['content-type'], 'application/grpc');
  assert.equal(silent.headers['grpc-status'] ?? silent.trailers['grpc-status'], '4');
  await eventually(() => open?.destroyed === true, 2000, 'the endpoint to be told');
  const sent = Number(/^(\d+)m$/.exec(String(endpoint.requests[0]?.['grpc-timeout']))?.[1]);
  assert.ok(sent <= 250, 'the endpoint is told the deadline too');

  const begun = await ask(
    session,
    { ...grpcHead, ':path': '/test.Echo/Begun', 'grpc-timeout': '250m' },
    { body: Buffer.alloc(5) },
  );
  assert.equal(begun.trailers['grpc-status'], '4', 'in the trailers where the head is already out');
});

test('UNAVAILABLE while the endpoint is down or nobody advertises the workload, and well again after it', async () => {
  const endpoint = await startEcho();
  await using path = await startPath({ url: endpoint.url });
  using client = echoClient(path.tlsPort, path.ca);
  using lost = echoClient(path.port, undefined, { 'grpc.default_authority': 'unknown.test' });
  assert.equal((await client.unary('first')).value?.toString(), 'first');

  const unknown = await lost.unary('');
  assert.equal(unknown.error?.code, status.UNAVAILABLE);
  assert.match(unknown.error?.details ?? '', /service|uplink/);

  await endpoint[Symbol.asyncDispose]();
  const down = await client.unary('');
  assert.equal(down.error?.code, status.UNAVAILABLE);
  assert.match(down.error?.details ?? '', /endpoint\.|service\./);

  await using again = await startEcho({ port: endpoint.port });
  await eventually(
    async () => (await client.unary('again')).value?.toString() === 'again',
    10_000,
    'the endpoint to be used again',
  );
  assert.equal(again.port, endpoint.port);
});

test('UNAVAILABLE when the child is gone; streams that were open end with it', async () => {
  await using endpoint = await startEcho();
  await using path = await startPath({ url: endpoint.url });
  using client = echoClient(path.port);
  const chat = client.chat();
  const first = once(chat, 'data');
  chat.write(Buffer.from('open'));
  await first;
  const ended = once(chat, 'error');
  await path.child.crash();
  assert.equal((await ended)[0].code, status.UNAVAILABLE);
  assert.equal((await client.unary('')).error?.code, status.UNAVAILABLE);
});

test('a stream that is open and silent stays, longer than any body may stall', async () => {
  await using endpoint = await startEcho();
  const quick = {
    limits: { bodyStallTimeout: '400ms' },
    transport: { respondingTimeouts: { idleTimeout: '400ms' } },
    http2: { stallTimeout: '400ms' },
  };
  await using path = await startPath({ url: endpoint.url, entryPoint: quick, uplinkEntryPoint: quick });
  using client = echoClient(path.port);
  const chat = client.chat();
  const first = once(chat, 'data');
  chat.write(Buffer.from('before'));
  await first;
  // What tells that the time is over, twice: a connection without a stream is told to go.
  const began = performance.now();
  for (let round = 0; round < 2; round++) {
    await using session = await openSession(path.url);
    await ask(session, '/');
    await once(session, 'close');
  }
  assert.ok(performance.now() - began > 800);
  const second = once(chat, 'data');
  chat.write(Buffer.from('after'));
  assert.equal(String((await second)[0]), 'after');
  const ended = once(chat, 'status');
  chat.resume();
  chat.end();
  assert.equal((await ended)[0].code, status.OK);
});

test('health checks in mode grpc turn the leg down and up', async () => {
  await using endpoint = await startEcho();
  await using path = await startPath({
    url: endpoint.url,
    healthCheck: { mode: 'grpc', interval: '100ms', timeout: '2s' },
  });
  using client = echoClient(path.port);
  assert.equal((await client.unary('up')).value?.toString(), 'up');
  endpoint.serving = false;
  await path.parent.leg(workloadName, 'vm-1', (leg) => leg.health === 'down');
  assert.equal((await client.unary('')).error?.code, status.UNAVAILABLE);
  endpoint.serving = true;
  await path.parent.leg(workloadName, 'vm-1');
  await eventually(async () => (await client.unary('up')).value?.toString() === 'up', 5000, 'an answer');
});
