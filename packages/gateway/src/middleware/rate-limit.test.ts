import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom, modelFrom } from '../testing/from-yaml.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { rawClient } from '../testing/raw-client.ts';

function file(port: number, limit: string, more = ''): string {
  return `
http:
  routers:
    r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [limit] }
    ${more}
  middlewares:
    limit: { rateLimit: ${limit} }
  services:
${balancers({ s: [port] })}
`;
}

const get = (fields = '', path = '/') => `GET ${path} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;

/** `each` requests over each of `connections` connections at once; statuses of all. */
async function flood(port: number, connections: number, each: number): Promise<number[]> {
  const one = async () => {
    using client = await rawClient(port);
    client.send(get().repeat(each));
    const statuses: number[] = [];
    for (let i = 0; i < each; i++) statuses.push((await client.response()).status);
    return statuses;
  };
  return (await Promise.all(Array.from({ length: connections }, one))).flat();
}

const count = (statuses: readonly number[], status: number) =>
  statuses.filter((each) => each === status).length;

describe('rateLimit', () => {
  it('lets a burst pass, then refuses with the time to wait, and fills again', async () => {
    const clock = new ManualClock();
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(endpoint.port, '{ average: 10, burst: 3 }'), { clock });
    using client = await rawClient(gateway.port);
    const ask = async () => {
      client.send(get());
      return client.response();
    };
    for (let i = 0; i < 3; i++) assert.equal((await ask()).status, 200);
    const refused = await ask();
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(refused.headers['x-retry-in'], '100ms');
    assert.equal(JSON.parse(refused.body.toString()).code, 'client.rate-limited');
    clock.advance(100);
    assert.equal((await ask()).status, 200, 'the connection stays and a token has come');
    assert.equal((await ask()).status, 429);
    assert.equal(endpoint.requests.length, 4);
  });

  it('holds over two workers together', async () => {
    await using endpoint = await recordingEndpoint();
    // Slow enough that nothing is filled meanwhile: what passes is the burst, to the request.
    const limit = '{ average: 1, period: 1h, burst: 5 }';
    await using gateway = await gatewayFrom(file(endpoint.port, limit), { workers: 2 });
    const statuses = await flood(gateway.port, 10, 4);
    assert.equal(count(statuses, 200), 5);
    assert.equal(count(statuses, 429), 35);
    assert.equal(endpoint.requests.length, 5);
  });

  it('gives no more than the rate over two workers, and all of it', async () => {
    await using endpoint = await recordingEndpoint();
    const limit = '{ average: 200, burst: 100 }';
    await using gateway = await gatewayFrom(file(endpoint.port, limit), { workers: 2 });
    const begin = performance.now();
    const statuses: number[] = [];
    while (performance.now() - begin < 1000) statuses.push(...(await flood(gateway.port, 8, 10)));
    const seconds = (performance.now() - begin) / 1000;
    const passed = count(statuses, 200);
    assert.ok(passed <= 100 + 200 * seconds + 1, `${passed} of ${statuses.length} in ${seconds} s`);
    assert.ok(passed >= 0.9 * (100 + 200 * seconds), `${passed} of ${statuses.length} in ${seconds} s`);
  });

  for (const workers of [0, 2]) {
    it(`with ${workers} workers forgets nothing at a reload, and begins anew when it is changed`, async () => {
      await using endpoint = await recordingEndpoint();
      const limit = '{ average: 1, period: 1h, burst: 2 }';
      await using gateway = await gatewayFrom(file(endpoint.port, limit), { workers });
      const entry = gateway.model.entryPoints;
      assert.equal(count(await flood(gateway.port, 3, 1), 200), 2);
      const other = modelFrom(file(endpoint.port, limit, 'q: { rule: "Host(`q`)", service: s }'));
      await gateway.plane.apply({ ...other, entryPoints: entry });
      assert.equal(count(await flood(gateway.port, 3, 1), 200), 0);
      const changed = modelFrom(file(endpoint.port, '{ average: 1, period: 1h, burst: 3 }'));
      await gateway.plane.apply({ ...changed, entryPoints: entry });
      assert.equal(count(await flood(gateway.port, 5, 1), 200), 3);
    });
  }

  it('outlives a worker', async () => {
    await using endpoint = await recordingEndpoint();
    const limit = '{ average: 1, period: 1h, burst: 4 }';
    await using gateway = await gatewayFrom(file(endpoint.port, limit), { workers: 2 });
    assert.equal(count(await flood(gateway.port, 6, 1), 200), 4);
    const workers = async () => (await gateway.plane.stats()).workers;
    for (const { pid } of await workers()) process.kill(pid, 'SIGKILL');
    await eventually(async () => (await workers()).every(({ restarts }) => restarts === 1), 'others serve');
    assert.equal(count(await flood(gateway.port, 6, 1), 200), 0);
  });

  it('tells sources apart by header', async () => {
    const clock = new ManualClock();
    await using endpoint = await recordingEndpoint();
    const limit = '{ average: 1, period: 1h, sourceCriterion: { requestHeaderName: X-User } }';
    await using gateway = await gatewayFrom(file(endpoint.port, limit), { clock });
    using client = await rawClient(gateway.port);
    const statuses: number[] = [];
    for (const user of ['a', 'b', 'a', 'b', '', 'c', '']) {
      client.send(get(user === '' ? '' : `X-User: ${user}\r\n`));
      statuses.push((await client.response()).status);
    }
    assert.deepEqual(statuses, [200, 200, 429, 429, 200, 200, 429]);
  });

  it('makes a request wait for up to half a token, and forgets it when its client leaves', async () => {
    const clock = new ManualClock();
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(endpoint.port, '{ average: 10 }'), { clock });
    using client = await rawClient(gateway.port);
    client.send(get('', '/1'));
    assert.equal((await client.response()).status, 200);
    clock.advance(60);
    client.send(get('', '/2'));
    // Its worth is refused already though nothing has come of the one before it yet.
    assert.deepEqual(await flood(gateway.port, 1, 1), [429]);
    assert.equal(endpoint.requests.length, 1);
    clock.advance(40);
    assert.equal((await client.response()).status, 200);
    clock.advance(60);
    client.send(get('', '/3'));
    assert.deepEqual(await flood(gateway.port, 1, 1), [429]);
    client.socket.destroy();
    await eventually(async () => (await gateway.plane.stats()).connections.open === 0, 'the client has left');
    clock.advance(1000);
    assert.deepEqual(await flood(gateway.port, 1, 1), [200]);
    assert.deepEqual(
      endpoint.requests.map(({ url }) => url),
      ['/1', '/2', '/'],
    );
  });

  it('loses nothing of a body that comes while the main process is asked', async () => {
    await using endpoint = await recordingEndpoint();
    const limit = '{ average: 1000, burst: 100 }';
    await using gateway = await gatewayFrom(file(endpoint.port, limit), { workers: 2 });
    const body = 'x'.repeat(100_000);
    using client = await rawClient(gateway.port);
    for (let i = 0; i < 3; i++)
      client.send(`POST /${i} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    for (let i = 0; i < 3; i++) assert.equal((await client.response()).status, 200);
    assert.deepEqual(
      endpoint.requests.map(({ url, body: { length } }) => [url, length]),
      [0, 1, 2].map((i) => [`/${i}`, body.length]),
    );
  });

  it('without average limits nothing', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(endpoint.port, '{}'));
    assert.equal(count(await flood(gateway.port, 2, 20), 200), 40);
  });
});
