/** The rate limit that several gateways share through a real Redis, and what becomes of it when Redis does not answer. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { recordingEndpoint } from '@ficus/gateway/testing/endpoints.ts';
import { eventually } from '@ficus/gateway/testing/eventually.ts';
import { balancers, gatewayFrom } from '@ficus/gateway/testing/from-yaml.ts';
import type { TestGateway } from '@ficus/gateway/testing/gateway.ts';
import { rawClient } from '@ficus/gateway/testing/raw-client.ts';
import { freePort, serverCertificate, without } from '../harness/harness.ts';
import { say, startRedis, type TestRedis } from './redis.ts';

type Endpoint = Awaited<ReturnType<typeof recordingEndpoint>>;

suite('rate limits in Redis', { skip: without('redis-server') }, () => {
  let endpoint: Endpoint;
  let redis: TestRedis;
  before(async () => {
    endpoint = await recordingEndpoint();
    redis = await startRedis();
  });
  after(async () => {
    await redis?.[Symbol.asyncDispose]();
    await endpoint?.[Symbol.asyncDispose]();
  });

  /** A gateway whose middleware `name` has this limit and this Redis. */
  function gateway(name: string, limit: string, settings: string, workers = 0): Promise<TestGateway> {
    return gatewayFrom(
      `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: ["${name}"] } }
  middlewares: { "${name}": { rateLimit: { ${limit}, redis: ${settings} } } }
  services:
${balancers({ s: [endpoint.port] })}
`,
      { workers },
    );
  }

  const at = (port: number, more = '') => `{ endpoints: ["127.0.0.1:${port}"]${more} }`;
  const hourly = 'average: 1, period: 1h, burst: 5';

  test('one bucket for two gateways, one of them with two workers', async () => {
    await using one = await gateway('two', hourly, at(redis.port));
    await using other = await gateway('two', hourly, at(redis.port), 2);
    const statuses = (await Promise.all([flood(one, 10), flood(other, 10), flood(other, 10)])).flat();
    assert.equal(statuses.filter((status) => status === 200).length, 5);
    assert.equal(statuses.filter((status) => status === 429).length, 25);
  });

  test('in the bucket that Traefik would use', async () => {
    const key = 'rate:traefik@file:127.0.0.1';
    // As Traefik writes it: empty since now, in microseconds.
    await say(redis.port, `HSET ${key} last ${Date.now() * 1000} tokens 0`);
    await using one = await gateway('traefik', hourly, at(redis.port));
    assert.deepEqual(await flood(one, 2), [429, 429]);
    await say(redis.port, `HSET ${key} tokens 1.5`);
    assert.deepEqual(await flood(one, 2), [200, 429]);
    const [, last = '', , tokens = ''] = fields(await say(redis.port, `HGETALL ${key}`));
    assert.ok(Math.abs(Number(last) - Date.now() * 1000) < 60e6, last);
    assert.ok(Math.abs(Number(tokens) - 0.5) < 0.1, tokens);
    // Five hours until it is full, and it would be full if it were forgotten.
    assert.match(await say(redis.port, `TTL ${key}`), /^:1800[01]/);
  });

  test('what is refused says when to come again', async () => {
    await using one = await gateway('again', 'average: 1, period: 10s', at(redis.port));
    using client = await rawClient(one.port);
    client.send(get.repeat(2));
    assert.equal((await client.response()).status, 200);
    const refused = await client.response();
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '10');
    assert.match(String(refused.headers['x-retry-in']), /^9\.\d+s$|^10s$/);
  });

  test('while Redis is away each gateway limits alone, and they share again when it is back', async () => {
    const own = await startRedis();
    await using one = await gateway('away', 'average: 1, period: 1h, burst: 2', at(own.port));
    assert.deepEqual(await flood(one, 3), [200, 200, 429]);
    await own[Symbol.asyncDispose]();
    await eventually(() => said(one).length > 0, 'it is noticed');
    assert.deepEqual(await flood(one, 4), [200, 200, 429, 429]);
    const [line] = said(one);
    assert.equal(line?.message, 'Redis does not answer: the rate limit holds in this gateway alone');
    assert.equal(line?.fields['redis'], `127.0.0.1:${own.port}`);
    await using back = await startRedis([], {}, own.port);
    await eventually(() => said(one).length > 1, 'it is back', 10_000);
    assert.match(said(one)[1]?.message ?? '', /^Redis answers again/);
    assert.equal(said(one)[1]?.fields['requests'], 4);
    assert.deepEqual(await flood(one, 3), [200, 200, 429]);
    assert.match(await say(back.port, 'KEYS *'), /rate:away@file:127\.0\.0\.1/);
  });

  test('denyOnError refuses while there is no Redis', async () => {
    const port = await freePort();
    await using one = await gateway('deny', hourly, at(port, ', denyOnError: true'));
    using client = await rawClient(one.port);
    client.send(get);
    const response = await client.response();
    assert.equal(response.status, 503);
    assert.equal(JSON.parse(response.body.toString()).code, 'limits.unavailable');
    assert.match(said(one)[0]?.message ?? '', /requests under its rate limit are refused$/);
  });

  test('a Redis that hangs is waited for once', async () => {
    const own = await startRedis();
    await using one = await gateway(
      'hangs',
      hourly,
      at(own.port, ', readTimeout: 300ms, dialTimeout: 300ms'),
    );
    assert.deepEqual(await flood(one, 1), [200]);
    process.kill(own.process.pid, 'SIGSTOP');
    try {
      assert.deepEqual(await flood(one, 1), [200]);
      const begin = performance.now();
      assert.deepEqual(await flood(one, 5), [200, 200, 200, 200, 429]);
      assert.ok(performance.now() - begin < 250, 'nobody waits for what is known to hang');
    } finally {
      process.kill(own.process.pid, 'SIGCONT');
      await own[Symbol.asyncDispose]();
    }
  });

  test('a reload without it closes its connection, and one with it keeps it', async () => {
    await using own = await startRedis();
    await using one = await gateway('reload', hourly, at(own.port));
    assert.deepEqual(await flood(one, 1), [200]);
    const connections = async () =>
      [...(await say(own.port, 'CLIENT LIST')).matchAll(/\bid=(\d+) .*cmd=eval/g)].map(([, id]) => id);
    const before = await connections();
    assert.equal(before.length, 1);
    await one.plane.apply({ ...one.model, certificates: [] });
    assert.deepEqual(await flood(one, 1), [200]);
    assert.deepEqual(await connections(), before);
    const [router] = one.model.routers;
    assert.ok(router !== undefined);
    await one.plane.apply({ ...one.model, routers: [{ ...router, middlewares: [] }] });
    await eventually(async () => (await connections()).length === 0, 'it is closed');
  });

  test('a cluster', async () => {
    // Of our own: the default ones, 10,000 above, may be anybody's outgoing connection.
    const buses = [await freePort(), await freePort()] as const;
    await using nodes = await Promise.all(
      buses.map((bus) =>
        startRedis([
          ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'],
          ...['--cluster-port', `${bus}`],
        ]),
      ),
    ).then(both);
    const [one, two] = nodes.all as [TestRedis, TestRedis];
    await say(one.port, 'CLUSTER ADDSLOTSRANGE 0 8191');
    await say(two.port, 'CLUSTER ADDSLOTSRANGE 8192 16383');
    await say(one.port, `CLUSTER MEET 127.0.0.1 ${two.port} ${buses[1]}`);
    const ready = async (node: TestRedis) => /cluster_state:ok/.test(await say(node.port, 'CLUSTER INFO'));
    await eventually(
      async () => (await ready(one)) && (await ready(two)),
      'the nodes know each other',
      10_000,
    );
    const settings = `{ endpoints: ["127.0.0.1:${one.port}", "127.0.0.1:${two.port}"] }`;
    for (const name of ['a', 'b', 'c', 'd']) {
      await using first = await gateway(name, hourly, settings);
      await using second = await gateway(name, hourly, settings);
      const statuses = (await Promise.all([flood(first, 5), flood(second, 5)])).flat();
      assert.equal(statuses.filter((status) => status === 200).length, 5);
      assert.deepEqual(said(first), []);
    }
    const keys = await Promise.all(
      nodes.all.map(async ({ port }) => fields(await say(port, 'KEYS *')).length),
    );
    assert.equal((keys[0] ?? 0) + (keys[1] ?? 0), 4);
    assert.ok(
      keys.every((count) => count > 0),
      `both have some: ${keys}`,
    );
  });

  test('password, database and TLS', async () => {
    const { certificate, key } = serverCertificate();
    const port = await freePort();
    await using secured = await startRedis(
      [
        ...['--requirepass', 'open sesame', '--tls-port', `${port}`],
        ...['--tls-cert-file', '{here}/cert.pem', '--tls-key-file', '{here}/key.pem'],
        ...['--tls-ca-cert-file', '{here}/cert.pem', '--tls-auth-clients', 'no'],
      ],
      { 'cert.pem': certificate, 'key.pem': key },
    );
    const tls = `tls: { ca: ${JSON.stringify(certificate)} }`;
    await using one = await gateway('safe', hourly, at(port, `, password: open sesame, db: 3, ${tls}`));
    assert.deepEqual(await flood(one, 6), [200, 200, 200, 200, 200, 429]);
    const auth = 'AUTH "open sesame"\r\nSELECT 3\r\n';
    assert.match(await say(secured.port, `${auth}KEYS *`), /rate:safe@file:127\.0\.0\.1/);
    await using wrong = await gateway('safe', hourly, at(port, `, password: open door, db: 3, ${tls}`));
    assert.deepEqual(await flood(wrong, 1), [200]);
    assert.match(String(said(wrong)[0]?.fields['error']), /WRONGPASS/);
    assert.doesNotMatch(JSON.stringify(wrong.log), /open door/);
    await using unknown = await gateway('safe', hourly, at(port, ', password: open sesame, db: 3, tls: {}'));
    assert.deepEqual(await flood(unknown, 1), [200]);
    assert.match(String(said(unknown)[0]?.fields['error']), /SELF_SIGNED|UNABLE_TO_VERIFY|DEPTH_ZERO/);
  });
});

/** Ends them all. */
function both(all: readonly TestRedis[]) {
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const each of all) await each[Symbol.asyncDispose]();
    },
  };
}

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

async function flood(gateway: TestGateway, requests: number): Promise<number[]> {
  using client = await rawClient(gateway.port);
  client.send(get.repeat(requests));
  const statuses: number[] = [];
  for (let i = 0; i < requests; i++) statuses.push((await client.response()).status);
  return statuses;
}

/** What it logged of Redis. */
function said({ log }: TestGateway): TestGateway['log'] {
  return log.filter(({ message }) => message.includes('Redis'));
}

/** The strings of an answer that is a list of them. */
function fields(answer: string): string[] {
  return [...answer.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(([, text]) => text as string);
}
