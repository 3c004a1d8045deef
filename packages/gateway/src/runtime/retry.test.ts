import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { gatewayFrom } from '../testing/from-yaml.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello';

function file(ports: readonly number[], options: string): string {
  const servers = ports.map((port) => `{ url: "http://127.0.0.1:${port}" }`).join(', ');
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [again] } }
  middlewares: { again: { retry: { ${options} } } }
  services: { s: { loadBalancer: { servers: [${servers}] } } }
`;
}

/** Fails so often, then answers. */
async function failing(times: number, status = 503) {
  let left = times;
  return await recordingEndpoint((_, response) => {
    if (left-- > 0) response.writeHead(status).end('no');
    else response.end('ok');
  });
}

describe('retry', () => {
  test('by status, at the same endpoint when there is no other', async () => {
    await using endpoint = await failing(2);
    await using gateway = await gatewayFrom(file([endpoint.port], 'attempts: 3, status: ["500-599"]'));
    assert.equal((await exchange(gateway.port, get)).body.toString(), 'ok');
    assert.equal(endpoint.requests.length, 3);
    assert.equal((await gateway.plane.stats()).services[0]?.retries, 2);
  });

  test('the last answer is passed on when all attempts are spent', async () => {
    await using endpoint = await failing(9);
    await using gateway = await gatewayFrom(file([endpoint.port], 'attempts: 2, status: ["503"]'));
    const response = await exchange(gateway.port, get);
    assert.deepEqual([response.status, response.body.toString()], [503, 'no']);
    assert.equal(endpoint.requests.length, 2);
  });

  test('goes to another endpoint than the one that failed', async () => {
    await using bad = await failing(1000);
    await using good = await recordingEndpoint();
    await using gateway = await gatewayFrom(file([bad.port, good.port], 'attempts: 2, status: ["503"]'));
    for (let i = 0; i < 20; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
    assert.equal(good.requests.length, 20);
  });

  test('a POST is sent once, unless the operator says otherwise', async () => {
    await using endpoint = await failing(1);
    await using gateway = await gatewayFrom(file([endpoint.port], 'attempts: 3, status: ["503"]'));
    assert.equal((await exchange(gateway.port, post)).status, 503);
    await using other = await failing(1);
    const more = 'attempts: 3, status: ["503"], retryNonIdempotentMethod: true';
    await using second = await gatewayFrom(file([other.port], more));
    assert.equal((await exchange(second.port, post)).status, 200);
    assert.equal(other.requests[1]?.body.toString(), 'hello');
  });

  test('waits before it tries again, and gives up with the client', async () => {
    const clock = new ManualClock();
    await using endpoint = await failing(5);
    const options = 'attempts: 3, status: ["503"], initialInterval: 1s';
    await using gateway = await gatewayFrom(file([endpoint.port], options), { clock });
    using client = await rawClient(gateway.port);
    client.send(get);
    await eventually(() => endpoint.requests.length === 1, 'the first attempt');
    await eventually(async () => (await gateway.plane.stats()).services[0]?.retries === 1, 'the wait');
    clock.advance(1000);
    await eventually(() => endpoint.requests.length === 2, 'the second attempt');
    client.socket.destroy();
    await eventually(async () => (await gateway.plane.stats()).requests.inFlight === 0, 'the end');
    clock.advance(10_000);
    assert.equal(endpoint.requests.length, 2);
  });

  test('attempts: 1 sends nothing again, not even what could not be sent', async () => {
    await using good = await recordingEndpoint();
    await using gateway = await gatewayFrom(file([1, good.port], 'attempts: 1'));
    const statuses = [];
    for (let i = 0; i < 2; i++) statuses.push((await exchange(gateway.port, get)).status);
    assert.deepEqual(statuses.sort(), [200, 502]);
  });

  test('disableRetryOnNetworkError leaves broken connections alone', async () => {
    await using broken = await scriptedEndpoint((peer) => peer.socket.destroy());
    await using gateway = await gatewayFrom(
      file([broken.port], 'attempts: 5, disableRetryOnNetworkError: true'),
    );
    assert.equal((await exchange(gateway.port, get)).status, 502);
    assert.equal(broken.accepted, 1);
  });

  test('no more than a fifth of the requests is sent again', async () => {
    await using endpoint = await failing(100_000);
    await using gateway = await gatewayFrom(file([endpoint.port], 'attempts: 5, status: ["503"]'));
    using client = await rawClient(gateway.port);
    for (let i = 0; i < 1000; i++) {
      client.send(get);
      await client.response();
    }
    // 256 for a burst, and a fifth of what came.
    assert.ok(endpoint.requests.length <= 1000 + 256 + 201, `${endpoint.requests.length} attempts`);
  });
});
