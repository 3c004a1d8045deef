import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { Model, QName } from '../model/model.ts';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer, modelOf, weighted } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const name = (text: string): QName => [text, 'file'];
const says = (text: string) => recordingEndpoint((_, response) => response.end(text));

/** Bodies of `count` requests, one after the other on one connection. */
async function answers(port: number, count: number): Promise<string[]> {
  using client = await rawClient(port);
  const bodies: string[] = [];
  for (let i = 0; i < count; i++) {
    client.send(get);
    const response = await client.response();
    bodies.push(response.status === 200 ? response.body.toString() : String(response.status));
  }
  return bodies;
}

const count = (bodies: readonly string[], body: string) => bodies.filter((one) => one === body).length;

/** Service 0 is weighted over legs a and b, each one endpoint. */
async function twoLegs(weights: readonly [number, number], modes: readonly ('active' | 'standby')[] = []) {
  const a = await says('a');
  const b = await says('b');
  const gateway = await startGateway({
    services: [
      weighted('w', [
        ['a', 1, weights[0], modes[0] ?? 'active'],
        ['b', 2, weights[1], modes[1] ?? 'active'],
      ]),
      loadBalancer('a', [endpointModel(a.port)]),
      loadBalancer('b', [endpointModel(b.port)]),
    ],
  });
  return {
    a,
    b,
    gateway,
    async [Symbol.asyncDispose]() {
      for (const one of [gateway, a, b]) await one[Symbol.asyncDispose]();
    },
  };
}

test('weights are exact over every window of their sum', async () => {
  await using t = await twoLegs([7, 3]);
  const bodies = await answers(t.gateway.port, 40);
  for (let from = 0; from + 10 <= bodies.length; from++)
    assert.equal(count(bodies.slice(from, from + 10), 'a'), 7);
  const { legs } = await t.gateway.plane.stats();
  assert.deepEqual(
    legs.map(({ key, requests }) => [key, requests]),
    [
      ['a', 28],
      ['b', 12],
    ],
  );
});

test('a patch of weights counts from the next request', async () => {
  await using t = await twoLegs([1, 0]);
  assert.equal(count(await answers(t.gateway.port, 5), 'a'), 5);
  await t.gateway.plane.patch({
    kind: 'legs',
    service: name('w'),
    legs: [
      { key: 'a', weight: 0, mode: 'active' },
      { key: 'b', weight: 5, mode: 'active' },
      { key: 'unknown', weight: 5, mode: 'active' },
    ],
  });
  assert.equal(count(await answers(t.gateway.port, 5), 'b'), 5);
});

for (const mode of ['draining', 'off'] as const) {
  test(`a leg that is ${mode} takes nothing, whatever its weight`, async () => {
    await using t = await twoLegs([50, 50]);
    const legs = [{ key: 'a', weight: 50, mode }];
    await t.gateway.plane.patch({ kind: 'legs', service: name('w'), legs });
    assert.equal(count(await answers(t.gateway.port, 10), 'b'), 10);
    await t.gateway.plane.patch({
      kind: 'health',
      service: name('b'),
      endpoint: { host: '127.0.0.1', port: t.b.port },
      up: false,
      reason: 'test',
    });
    assert.deepEqual(await answers(t.gateway.port, 2), ['503', '503']);
  });
}

test('a standby leg serves only while no active one can, and hands back', async () => {
  await using t = await twoLegs([1, 1], ['active', 'standby']);
  const health = (up: boolean) =>
    t.gateway.plane.patch({
      kind: 'health',
      service: name('a'),
      endpoint: { host: '127.0.0.1', port: t.a.port },
      up,
      reason: 'test',
    });
  assert.equal(count(await answers(t.gateway.port, 4), 'a'), 4);
  await health(false);
  assert.equal(count(await answers(t.gateway.port, 4), 'b'), 4);
  await health(true);
  assert.equal(count(await answers(t.gateway.port, 4), 'a'), 4);
});

test('a leg that is down leaves its weight to the others', async () => {
  await using t = await twoLegs([9, 1]);
  await t.gateway.plane.patch({
    kind: 'health',
    service: name('a'),
    endpoint: { host: '127.0.0.1', port: t.a.port },
    up: false,
    reason: 'test',
  });
  assert.equal(count(await answers(t.gateway.port, 10), 'b'), 10);
});

test('a verdict of down moves a request that waits for its head to another endpoint', async () => {
  await using silent = await scriptedEndpoint(() => undefined);
  await using alive = await says('alive');
  await using gateway = await startGateway({ ports: [silent.port, alive.port] });
  const down = () =>
    gateway.plane.patch({
      kind: 'health',
      service: name('s'),
      endpoint: { host: '127.0.0.1', port: silent.port },
      up: false,
      reason: 'test',
    });
  const waiting = Promise.all([exchange(gateway.port, get), exchange(gateway.port, get)]);
  await eventually(() => silent.seen().includes('\r\n\r\n'), 'one request at the silent endpoint');
  await down();
  assert.deepEqual(
    (await waiting).map((response) => response.body.toString()),
    ['alive', 'alive'],
  );
});

test('endpoints are replaced in place', async () => {
  await using first = await says('first');
  await using second = await says('second');
  await using gateway = await startGateway({ ports: [first.port] });
  const set = (ports: readonly number[]) =>
    gateway.plane.patch({
      kind: 'endpoints',
      service: name('s'),
      endpoints: ports.map((port) => endpointModel(port)),
    });
  assert.deepEqual(await answers(gateway.port, 1), ['first']);
  await set([second.port]);
  assert.deepEqual(await answers(gateway.port, 2), ['second', 'second']);
  await set([]);
  assert.deepEqual(await answers(gateway.port, 1), ['503']);
  await set([first.port, second.port]);
  assert.equal(new Set(await answers(gateway.port, 4)).size, 2);
});

test('another leg serves what a gateway at the other end refused before any endpoint saw it', async () => {
  const refusal = 'HTTP/1.1 503 x\r\nficus-error: service.no-endpoint\r\nContent-Length: 4\r\n\r\nlost';
  await using refusing = await scriptedEndpoint(answering(refusal));
  await using alive = await says('alive');
  await using gateway = await startGateway({
    services: [
      weighted('w', [
        ['a', 1, 1],
        ['b', 2, 1],
      ]),
      loadBalancer('a', [endpointModel(refusing.port)], { uplink: true }),
      loadBalancer('b', [endpointModel(alive.port)], { uplink: true }),
    ],
  });
  for (let i = 0; i < 4; i++) {
    const response = await exchange(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
    );
    assert.equal(response.body.toString(), 'alive');
  }
  assert.ok(alive.requests.every(({ body }) => body.toString() === 'abc'));
  assert.match(refusing.seen(), /abc/);
});

test('a generation is swapped under load and nothing is lost', async () => {
  await using a = await says('ok');
  await using b = await says('ok');
  await using gateway = await startGateway({ ports: [a.port] });
  let swapping = true;
  const load = Array.from({ length: 4 }, async () => {
    const bodies: string[] = [];
    while (swapping) bodies.push(...(await answers(gateway.port, 20)));
    return bodies;
  });
  for (let i = 0; i < 40; i++) {
    await gateway.plane.apply(modelOf({ ports: i % 2 === 0 ? [b.port] : [a.port, b.port] }));
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  swapping = false;
  const bodies = (await Promise.all(load)).flat();
  assert.ok(bodies.length > 100);
  assert.equal(count(bodies, 'ok'), bodies.length);
});

test('a model that cannot be built changes nothing', async () => {
  await using endpoint = await says('ok');
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const bad: Model = { ...modelOf({ ports: [] }), middlewares: [{ kind: 'nonsense' } as never] };
  const broken = { ...bad, routers: bad.routers.map((router) => ({ ...router, middlewares: [0] })) };
  await assert.rejects(gateway.plane.apply(broken));
  assert.deepEqual(await answers(gateway.port, 2), ['ok', 'ok']);
});

test('a port that is taken is refused, and a later model may use the other port of that one', async () => {
  await using endpoint = await says('ok');
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const spare = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => spare.once('listening', resolve));
  const portOf = (server: typeof taken) => (server.address() as { port: number }).port;
  const [takenPort, sparePort] = [portOf(taken), portOf(spare)];
  await new Promise((resolve) => spare.close(resolve));
  const base = modelOf({ ports: [endpoint.port] });
  const [web] = base.entryPoints;
  assert.ok(web !== undefined);
  const more = (address: string, entryPoint: string) => ({ ...web, name: entryPoint, address });
  const free = more(`127.0.0.1:${sparePort}`, 'spare');
  const model = { ...base, entryPoints: [web, free, more(`127.0.0.1:${takenPort}`, 'taken')] };
  await assert.rejects(gateway.plane.apply(model), { code: /listen\.eaddrinuse/i });
  taken.close();
  assert.deepEqual(await answers(gateway.port, 1), ['ok']);
  await gateway.plane.apply({ ...base, entryPoints: [web, free] });
  assert.equal((await exchange(sparePort, get)).status, 404);
});

test('a drain loses nothing: answers say close, then no new connections', async () => {
  await using endpoint = await recordingEndpoint((_, response) => setTimeout(() => response.end('ok'), 5));
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const statuses: number[] = [];
  let refused = 0;
  const load = Array.from({ length: 4 }, async () => {
    for (;;) {
      const client = await rawClient(gateway.port).catch(() => undefined);
      if (client === undefined) {
        refused++;
        return;
      }
      using _ = client;
      for (let first = true; ; first = false) {
        client.send(get);
        const response = await client.response().catch(() => undefined);
        // The kernel may complete a connection just as listening ends: nobody has taken its request.
        if (response === undefined && first) {
          refused++;
          return;
        }
        assert.ok(response !== undefined, 'a connection that was served breaks off');
        statuses.push(response.status);
        if (response.headers['connection'] === 'close') break;
      }
    }
  });
  await eventually(() => statuses.length > 20, 'some load');
  const drained = await gateway.plane.drain({ lameDuckMs: 100, graceMs: 2000 });
  await Promise.all(load);
  assert.equal(drained.cut, 0);
  assert.equal(refused, 4);
  assert.ok(statuses.every((status) => status === 200));
});

test('a drain cuts what outlives its grace, and says how much', async () => {
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(get);
  await eventually(() => endpoint.seen() !== '', 'the request at the endpoint');
  assert.deepEqual(await gateway.plane.drain({ lameDuckMs: 0, graceMs: 60 }), { cut: 1 });
  await client.untilClosed();
});
