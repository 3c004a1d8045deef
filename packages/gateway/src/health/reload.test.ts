/** What is known of endpoints outlives reloads and workers: real sockets, the checker wired as a composition root does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import type { HealthCheckModel, LoadBalancerModel, Model, TransportModel } from '../model/model.ts';
import type { EndpointState } from '../service/endpoint.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { grpcCheck } from '../testing/grpc-checks.ts';
import { endpointModel, loadBalancer, modelOf, passiveHealthCheck } from '../testing/models.ts';
import { exchange } from '../testing/raw-client.ts';
import { HealthChecker } from './health-checker.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
/** Asked once, and for the length of a test not again. */
const check: HealthCheckModel = {
  ...grpcCheck,
  ...{ mode: 'http', path: '/health', method: 'GET', status: 0 },
  ...{ intervalMs: 60_000, unhealthyIntervalMs: 60_000 },
};

/** Answers `/health` with what it is told; `'silence'` leaves the question open. */
async function checked(name: string, health: number | 'silence') {
  const state = { health };
  const endpoint = await recordingEndpoint((request, response) => {
    if (request.url === '/') response.end(name);
    else if (state.health !== 'silence') response.writeHead(state.health).end();
  });
  const asked = (url: string) => endpoint.requests.filter((request) => request.url === url).length;
  return Object.assign(endpoint, { state, checks: () => asked('/health'), served: () => asked('/') });
}

type Endpoint = Awaited<ReturnType<typeof checked>>;

function modelFor(
  endpoints: readonly Endpoint[],
  more: Partial<LoadBalancerModel> = {},
  over: Partial<TransportModel> = {},
): Model {
  const models = endpoints.map(({ port }) => endpointModel(port));
  return modelOf({ services: [loadBalancer('s', models, { healthCheck: check, ...more })], transport: over });
}

async function running(workers: number, model: Model) {
  const gateway = await startGateway({ workers, model });
  const checker = new HealthChecker({ clock: systemClock, log: () => undefined });
  const { plane } = gateway;
  checker.onVerdict((verdict) => void plane.patch({ kind: 'health', ...verdict }));
  checker.update(model);
  /** By port, of those that are not plainly up. */
  const states = async (): Promise<Record<number, EndpointState>> =>
    Object.fromEntries((await plane.stats()).endpoints.map(({ port, state }) => [port, state]));
  return {
    ...gateway,
    states,
    async apply(next: Model) {
      await plane.apply(next);
      checker.update(next);
    },
    async until(port: number, state: EndpointState | undefined) {
      for (let i = 0; (await states())[port] !== state; i++) {
        assert.ok(i < 500, `${port} is ${state}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    /** Bodies and statuses of `count` requests, each kind once. */
    async answers(count = 12): Promise<string[]> {
      const seen = new Set<string>();
      for (let i = 0; i < count; i++) {
        const { status, body } = await exchange(gateway.port, get);
        seen.add(status === 200 ? body.toString() : `${status}`);
      }
      return [...seen].sort();
    },
    async [Symbol.asyncDispose]() {
      checker.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

test('two endpoints at one address, with a path each, stay two', async () => {
  await using server = await recordingEndpoint();
  const at = (path: string) => endpointModel(server.port, { path, preservePath: true });
  const models = [at('/a'), at('/b')];
  const model = (more: Partial<LoadBalancerModel>) =>
    modelOf({ services: [loadBalancer('s', models, more)] });
  await using run = await running(0, model({}));
  await run.apply(model({ passHostHeader: false }));
  await run.answers(4);
  assert.deepEqual(new Set(server.requests.map(({ url }) => url)), new Set(['/a/', '/b/']));
});

for (const workers of [0, 1]) {
  test(`workers ${workers}: no reload marks a dead endpoint up, whatever changes about it`, async () => {
    await using dead = await checked('dead', 503);
    await using good = await checked('good', 200);
    const pair = [dead, good];
    await using run = await running(workers, modelFor(pair));
    await run.until(dead.port, 'down');
    // From here on nobody could learn it anew.
    dead.state.health = 'silence';
    const before = dead.served();
    for (const next of [
      modelFor(pair, { passHostHeader: false }),
      modelFor(pair, {}, { responseHeaderTimeoutMs: 4321 }),
      modelFor(pair, { healthCheck: { ...check, path: '/health?2' } }, { responseHeaderTimeoutMs: 1234 }),
      modelFor(pair, { healthCheck: { ...check, intervalMs: 50_000 } }, { maxIdleConnsPerHost: 7 }),
      modelFor([good, dead]),
    ]) {
      await run.apply(next);
      assert.deepEqual(await run.answers(), ['good']);
      assert.deepEqual(await run.states(), { [dead.port]: 'down' });
    }
    assert.equal(dead.served(), before);
    dead.state.health = 200;
    await run.apply(modelFor(pair, { healthCheck: { ...check, hostname: 'other' } }));
    await run.until(dead.port, undefined);
    assert.deepEqual(await run.answers(), ['dead', 'good']);
  });

  test(`workers ${workers}: an endpoint is up again when nobody checks it any more`, async () => {
    await using dead = await checked('dead', 503);
    await using run = await running(workers, modelFor([dead]));
    await run.until(dead.port, 'down');
    const { healthCheck: _, ...unchecked } = modelFor([dead]).services[0] as LoadBalancerModel;
    await run.apply(modelOf({ services: [unchecked] }));
    await run.until(dead.port, undefined);
    assert.deepEqual(await run.answers(1), ['dead']);
  });

  test(`workers ${workers}: initially down, a new endpoint takes its first request after its first good answer`, async () => {
    await using old = await checked('old', 200);
    await using fresh = await checked('fresh', 503);
    const proving = { ...check, initialState: 'down', unhealthyIntervalMs: 20 } as const;
    await using run = await running(workers, modelFor([old], { healthCheck: proving }));
    await run.until(old.port, undefined);
    await run.apply(modelFor([old, fresh], { healthCheck: proving }, { responseHeaderTimeoutMs: 4321 }));
    assert.deepEqual(await run.states(), { [fresh.port]: 'down' });
    assert.deepEqual(await run.answers(), ['old']);
    await eventually(() => fresh.checks() > 2, 'asked again and again');
    assert.deepEqual([await run.answers(), fresh.served()], [['old'], 0]);
    fresh.state.health = 200;
    await run.until(fresh.port, undefined);
    assert.deepEqual(await run.answers(), ['fresh', 'old']);
  });

  test(`workers ${workers}: an ejection outlives a reload, over another transport as a share that grows`, async () => {
    let status = 500;
    await using flaky = await recordingEndpoint((_, response) => response.writeHead(status).end('flaky'));
    await using good = await checked('good', 200);
    const services = [
      loadBalancer('s', [endpointModel(flaky.port), endpointModel(good.port)], {
        passiveHealthCheck: passiveHealthCheck({ failureWindowMs: 60_000, readmissionMs: 60_000 }),
      }),
    ];
    await using run = await running(workers, modelOf({ services }));
    assert.deepEqual(await run.answers(4), ['500', 'good']);
    assert.deepEqual(await run.states(), { [flaky.port]: 'ejected' });
    const [line] = run.log.filter(({ message }) => message.startsWith('endpoint is ejected'));
    const { host, port, reason, forMs } = line?.fields ?? {};
    assert.deepEqual([host, port, reason, forMs], ['127.0.0.1', flaky.port, 'status 500', 60_000]);
    status = 200;
    await run.apply(modelOf({ services: services.map((each) => ({ ...each, passHostHeader: false })) }));
    assert.deepEqual(await run.answers(), ['good']);
    assert.deepEqual(await run.states(), { [flaky.port]: 'ejected' });
    await run.apply(modelOf({ services, transport: { responseHeaderTimeoutMs: 4321 } }));
    assert.deepEqual(await run.states(), { [flaky.port]: 'readmitting' });
  });
}

test('a worker in place of one that died knows who is down and who has proved to be up', async () => {
  await using dead = await checked('dead', 503);
  await using good = await checked('good', 200);
  await using run = await running(
    1,
    modelFor([dead, good], { healthCheck: { ...check, initialState: 'down' } }),
  );
  await run.until(good.port, undefined);
  await run.until(dead.port, 'down');
  const [worker] = (await run.plane.stats()).workers;
  process.kill((worker as { pid: number }).pid, 'SIGKILL');
  while ((await run.plane.stats()).workers[0]?.restarts !== 1) await new Promise(setImmediate);
  assert.deepEqual(await run.answers(), ['good']);
  assert.deepEqual(await run.states(), { [dead.port]: 'down' });
  assert.deepEqual([dead.served(), dead.checks(), good.checks()], [0, 1, 1], 'and nobody was asked again');
});

test('an endpoint that went away and comes back is new, to running workers and to one that starts later', async () => {
  await using dead = await checked('dead', 503);
  await using good = await checked('good', 200);
  await using run = await running(1, modelFor([dead, good]));
  await run.until(dead.port, 'down');
  await run.apply(modelFor([good]));
  dead.state.health = 200;
  await run.apply(modelFor([dead, good]));
  assert.deepEqual(await run.answers(), ['dead', 'good']);
  const [worker] = (await run.plane.stats()).workers;
  process.kill((worker as { pid: number }).pid, 'SIGKILL');
  while ((await run.plane.stats()).workers[0]?.restarts !== 1) await new Promise(setImmediate);
  assert.deepEqual(await run.answers(), ['dead', 'good']);
});

test('of two workers the worse state is shown', async () => {
  let failures = 1;
  await using flaky = await recordingEndpoint((_, response) =>
    response.writeHead(failures-- > 0 ? 500 : 200).end(),
  );
  await using good = await checked('good', 200);
  await using run = await running(
    2,
    modelOf({
      services: [
        loadBalancer('s', [endpointModel(flaky.port), endpointModel(good.port)], {
          passiveHealthCheck: passiveHealthCheck({ failureWindowMs: 60_000 }),
        }),
      ],
    }),
  );
  for (let i = 0; i < 8; i++) await exchange(run.port, get);
  assert.deepEqual(await run.states(), { [flaky.port]: 'ejected' });
});
