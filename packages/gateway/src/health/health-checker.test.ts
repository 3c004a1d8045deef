/** The checker over all three wires, with a clock of its own: verdicts, intervals, reloads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthCheckModel, Model } from '../model/model.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { grpcCheck } from '../testing/grpc-checks.ts';
import { grpcAnswer, grpcMessage, h2Server } from '../testing/h2-servers.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer, modelOf } from '../testing/models.ts';
import { HealthChecker, type Verdict } from './health-checker.ts';

const httpCheck: HealthCheckModel = { ...grpcCheck, mode: 'http', path: '/', method: 'GET', status: 0 };

function running() {
  const clock = new ManualClock();
  const verdicts: Verdict[] = [];
  const checker = new HealthChecker({ clock, log: () => undefined });
  checker.onVerdict((verdict) => verdicts.push(verdict));
  return { clock, verdicts, checker, [Symbol.dispose]: () => checker.close() };
}

function modelWith(port: number, scheme: 'http' | 'h2c', healthCheck: HealthCheckModel): Model {
  return modelOf({ services: [loadBalancer('s', [endpointModel(port, { scheme })], { healthCheck })] });
}

test('a gRPC endpoint goes down and comes back, asked again after each interval', async () => {
  let status = 1;
  await using server = await h2Server((stream) => grpcAnswer(stream, grpcMessage([8, status])));
  using run = running();
  const { checker, clock, verdicts } = run;
  checker.update(modelWith(server.port, 'h2c', grpcCheck));
  await eventually(() => server.requests.length === 1 && server.open() === 0, 'the first check');
  assert.equal(verdicts.length, 0);
  assert.deepEqual(checker.state(['s', 'file']), { healthy: 1, total: 1 });

  status = 2;
  clock.advance(1100);
  await eventually(() => verdicts.length === 1, 'down');
  assert.deepEqual([verdicts[0]?.up, verdicts[0]?.reason], [false, 'NOT_SERVING']);
  assert.deepEqual(checker.state(['s', 'file']), { healthy: 0, total: 1 });

  status = 1;
  clock.advance(1100);
  await eventually(() => verdicts.length === 2, 'up');
  assert.equal(verdicts[1]?.up, true);
});

test('thresholds hold for gRPC checks and for HTTP ones alike', async () => {
  // Three bad answers, then good ones.
  await using grpc = await h2Server((stream) =>
    grpcAnswer(stream, grpcMessage([8, grpc.requests.length > 3 ? 1 : 2])),
  );
  await using http = await recordingEndpoint((_, response) =>
    response.writeHead(http.requests.length > 3 ? 200 : 503).end(),
  );
  for (const [server, scheme, check] of [
    [grpc, 'h2c', grpcCheck],
    [http, 'http', httpCheck],
  ] as const) {
    using run = running();
    const told: string[] = [];
    run.checker.onVerdict(({ up }) => told.push(`${up ? 'up' : 'down'} after ${server.requests.length}`));
    const thresholds = { healthyThreshold: 2, unhealthyThreshold: 3, timeoutMs: 1e9 };
    run.checker.update(modelWith(server.port, scheme, { ...check, ...thresholds }));
    await eventually(() => {
      run.clock.advance(500);
      return told.length === 2;
    }, 'down and up');
    assert.deepEqual(told, ['down after 3', 'up after 5'], scheme);
  }
});

test('a scheme of the check: h2c to an http endpoint, HTTP/1.1 to an h2c one, grpc in cleartext to both', async () => {
  await using h2 = await h2Server((stream, headers) => {
    if (headers[':method'] === 'POST') grpcAnswer(stream, grpcMessage([8, 1]));
    else stream.respond({ ':status': 500 }, { endStream: true });
  });
  await using h1 = await recordingEndpoint((_, response) => response.writeHead(500).end());
  for (const [server, scheme, check, up] of [
    [h2, 'http', { ...httpCheck, scheme: 'h2c' }, false],
    [h2, 'h2c', httpCheck, false],
    [h2, 'http', grpcCheck, true],
    [h1, 'http', httpCheck, false],
    [h1, 'h2c', { ...httpCheck, scheme: 'http' }, false],
  ] as const) {
    using run = running();
    const before = server.requests.length;
    run.checker.update(modelWith(server.port, scheme, check));
    if (up) await eventually(() => h2.requests.length === before + 1 && h2.open() === 0, 'an answer');
    else await eventually(() => run.verdicts.length === 1, 'a verdict');
    assert.deepEqual(
      run.verdicts.map(({ reason }) => reason),
      up ? [] : ['status 500'],
    );
    assert.equal(server.requests.length, before + 1);
  }
});

test('a reload keeps the verdict of what stays, asks anew what changed, and ends the rest', async () => {
  await using server = await h2Server((stream) => grpcAnswer(stream, grpcMessage([8, 2])));
  await using other = await h2Server((stream) => grpcAnswer(stream, grpcMessage([8, 1])));
  using run = running();
  const { checker, clock, verdicts } = run;
  checker.update(modelWith(server.port, 'h2c', grpcCheck));
  await eventually(() => verdicts.length === 1, 'down');
  checker.update(modelWith(server.port, 'h2c', { ...grpcCheck }));
  assert.deepEqual(checker.state(['s', 'file']), { healthy: 0, total: 1 });
  assert.equal(server.requests.length, 1);

  checker.update(modelWith(server.port, 'h2c', { ...grpcCheck, port: other.port }));
  await eventually(() => verdicts.length === 2, 'up: its health is asked at another port');
  assert.deepEqual(verdicts[1]?.endpoint, { host: '127.0.0.1', port: server.port });
  assert.equal(server.requests.length, 1);

  checker.update(modelOf({ ports: [server.port] }));
  clock.advance(10_000);
  await eventually(() => other.open() === 0, 'closed');
  assert.deepEqual([server.requests.length, other.requests.length], [1, 1]);
});
