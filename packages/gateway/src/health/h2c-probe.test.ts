/** Checks in mode http of h2c endpoints: the verdicts of HTTP/1.1, over HTTP/2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import type { HealthCheckModel } from '../model/model.ts';
import { eventually, within } from '../testing/eventually.ts';
import { grpcCheck, wayTo } from '../testing/grpc-checks.ts';
import { h2Server } from '../testing/h2-servers.ts';
import { h2cProbe } from './h2c-probe.ts';
import type { ProbeResult } from './http-verdict.ts';
import { timedProbe } from './timed-probe.ts';

const check: HealthCheckModel = {
  ...grpcCheck,
  mode: 'http',
  path: '/health?deep=1',
  method: 'GET',
  status: 0,
};

function ask(port: number, more: Partial<HealthCheckModel> = {}): Promise<ProbeResult> {
  const way = wayTo(port, { authority: 'web.internal', fields: [['ficus-uplink', 'web']] });
  const asked = new Promise<ProbeResult>((done) => {
    timedProbe(systemClock, check.timeoutMs, h2cProbe(way, { ...check, ...more }), done);
  });
  return within(asked, 'a verdict', 8000);
}

test('a GET of the path, judged by its status', async () => {
  let status = 200;
  await using server = await h2Server((stream) => {
    stream.respond({ ':status': status });
    stream.end('fine');
  });
  assert.deepEqual(await ask(server.port, { headers: [['X-Check', '1']] }), {
    up: true,
    reason: 'status 200',
  });
  const { ':method': method, ':path': path, ':authority': authority, te, ...rest } = server.requests[0] ?? {};
  assert.deepEqual([method, path, authority, te], ['GET', '/health?deep=1', 'web.internal', undefined]);
  assert.deepEqual([rest['x-check'], rest['ficus-uplink'], rest['user-agent']], ['1', 'web', 'ficus-health']);
  status = 503;
  assert.deepEqual(await ask(server.port), { up: false, reason: 'status 503' });
  assert.deepEqual(await ask(server.port, { status: 503 }), { up: true, reason: 'status 503' });
  await eventually(() => server.open() === 0, 'the connections are closed');
});

test('HEAD has no body, and a long body costs the connection and not the verdict', async () => {
  await using server = await h2Server((stream, headers) => {
    stream.respond({ ':status': 204 + (headers[':method'] === 'HEAD' ? 0 : 1) });
    if (headers[':method'] === 'HEAD') stream.end();
    else stream.end(Buffer.alloc(1_000_000));
  });
  assert.deepEqual(await ask(server.port, { method: 'HEAD' }), { up: true, reason: 'status 204' });
  assert.deepEqual(await ask(server.port), { up: true, reason: 'status 205' });
  await eventually(() => server.open() === 0, 'the connections are closed');
});

test('redirects within the endpoint are followed, but not for ever, elsewhere, or when told not to', async () => {
  await using server = await h2Server((stream, headers) => {
    const path = headers[':path'] ?? '';
    const location = path === '/a' ? '/b' : path === '/loop' ? '/loop' : '//elsewhere.example/';
    if (path === '/b') stream.respond({ ':status': 500 }, { endStream: true });
    else stream.respond({ ':status': 302, location }, { endStream: true });
  });
  assert.deepEqual(await ask(server.port, { path: '/a' }), { up: false, reason: 'status 500' });
  assert.deepEqual(await ask(server.port, { path: '/a', followRedirects: false }), {
    up: true,
    reason: 'status 302',
  });
  assert.deepEqual(await ask(server.port, { path: '/out' }), { up: true, reason: 'status 302' });
  const before = server.requests.length;
  assert.deepEqual(await ask(server.port, { path: '/loop' }), { up: true, reason: 'status 302' });
  assert.equal(server.requests.length - before, 6);
});

test('a method that HTTP/2 gives another meaning is told, not thrown', async () => {
  await using server = await h2Server((stream) => stream.respond({}, { endStream: true }));
  const { up, reason } = await ask(server.port, { method: 'CONNECT' });
  assert.equal(up, false);
  assert.match(reason, /^the check cannot be sent: /);
  await eventually(() => server.open() === 0, 'the connection is closed');
});
