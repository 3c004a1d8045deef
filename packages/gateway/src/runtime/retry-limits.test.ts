/** What ends the attempts of `retry` before they are spent, and how long they wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRetryPolicy } from '../service/retry-policy.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { exchange } from '../testing/raw-client.ts';
import { retryDelay } from './retry-delay.ts';

const file = (port: number, options: string) => `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [again] } }
  middlewares: { again: { retry: { attempts: 4, status: ["503"], ${options} } } }
  services:
${balancers({ s: [port] })}
`;

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const put = (bytes: number) =>
  `PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;

for (const [timeout, attempts] of [
  ['0s', 4],
  ['1s', 1],
  ['1001ms', 2],
  ['2500ms', 3],
  ['1h', 4],
] as const) {
  test(`timeout ${timeout}, each attempt taking a second: ${attempts} attempts`, async () => {
    const clock = new ManualClock();
    await using endpoint = await recordingEndpoint((_, response) => {
      clock.advance(1000);
      response.writeHead(503).end('no');
    });
    await using gateway = await gatewayFrom(file(endpoint.port, `timeout: ${timeout}`), { clock });
    const response = await exchange(gateway.port, get);
    assert.deepEqual([response.status, response.body.toString()], [503, 'no']);
    assert.equal(endpoint.requests.length, attempts);
  });
}

for (const [most, bytes, attempts] of [
  [1000, 1000, 4],
  [1000, 1001, 1],
  [-1, 100_000, 4],
  [0, 0, 4],
  [0, 1, 1],
] as const) {
  test(`maxRequestBodyBytes ${most}, a body of ${bytes}: ${attempts} attempts, each with the whole body`, async () => {
    await using endpoint = await recordingEndpoint((_, response) => response.writeHead(503).end('no'));
    await using gateway = await gatewayFrom(file(endpoint.port, `maxRequestBodyBytes: ${most}`));
    assert.equal((await exchange(gateway.port, put(bytes))).status, 503);
    assert.deepEqual(
      endpoint.requests.map(({ body }) => body.length),
      Array.from({ length: attempts }, () => bytes),
    );
  });
}

test('waits grow from the first interval to twice that before the last attempt', () => {
  const policy = { ...defaultRetryPolicy, attempts: 5, initialIntervalMs: 100 };
  assert.deepEqual(
    [1, 2, 3, 4].map((attempts) => Math.round(retryDelay(policy, attempts))),
    [100, 119, 141, 168],
  );
  assert.equal(retryDelay({ ...policy, attempts: 2 }, 1), 100);
  assert.equal(retryDelay({ ...policy, initialIntervalMs: 0 }, 1), 0);
});
