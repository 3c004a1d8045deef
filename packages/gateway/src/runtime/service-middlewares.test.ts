import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const field = (headers: readonly string[] | undefined, name: string) =>
  headers?.[headers.findIndex((each) => each.toLowerCase() === name) + 1];

describe('middlewares of a service', () => {
  test('see what goes to that service, whichever way it is reached, and no other', async () => {
    await using a = await recordingEndpoint((_, response) => response.end('a'));
    await using b = await recordingEndpoint((_, response) => response.end('b'));
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: split, middlewares: [outer] } }
  middlewares:
    outer: { headers: { customRequestHeaders: { X-Seen: outer }, customResponseHeaders: { X-Order: outer } } }
    inner: { headers: { customRequestHeaders: { X-Leg: a }, customResponseHeaders: { X-Leg: a, X-Order: inner } } }
  services:
    split: { weighted: { services: [{ name: marked }, { name: b }], sticky: { cookie: { name: leg } } } }
    marked: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${a.port}" }] }, middlewares: [inner] }
${balancers({ b: [b.port] })}
`);
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await exchange(gateway.port, get));
    for (const answer of answers) {
      const leg = answer.body.toString();
      assert.equal(answer.headers['x-leg'], leg === 'a' ? 'a' : undefined);
      // The outer one has the last word.
      assert.equal(answer.headers['x-order'], 'outer');
      assert.match(answer.headers['set-cookie'] ?? '', /^leg=/);
    }
    assert.deepEqual(answers.map(({ body }) => body.toString()).sort(), ['a', 'a', 'b', 'b']);
    assert.equal(field(a.requests[0]?.rawHeaders, 'x-leg'), 'a');
    assert.equal(field(a.requests[0]?.rawHeaders, 'x-seen'), 'outer');
    assert.equal(field(b.requests[0]?.rawHeaders, 'x-seen'), 'outer');
    assert.equal(
      b.requests[0]?.rawHeaders.some((each) => each.toLowerCase() === 'x-leg'),
      false,
    );
  });

  test('an answer behind them can still be replaced by the fallback’s', async () => {
    await using bad = await recordingEndpoint((_, response) => response.writeHead(500).end('bad'));
    await using spare = await recordingEndpoint((_, response) => response.end('spare'));
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares: { mark: { headers: { customRequestHeaders: { X-Main: "yes" } } } }
  services:
    both: { failover: { service: main, fallback: spare, errors: { status: ["500"] } } }
    main: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${bad.port}" }] }, middlewares: [mark] }
${balancers({ spare: [spare.port] })}
`);
    assert.equal((await exchange(gateway.port, get)).body.toString(), 'spare');
    assert.equal(field(bad.requests[0]?.rawHeaders, 'x-main'), 'yes');
  });

  test('an open breaker of a leg gives its share to the others, and its state shows', async () => {
    await using bad = await recordingEndpoint((_, response) => response.writeHead(500).end('bad'));
    await using good = await recordingEndpoint((_, response) => response.end('good'));
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: split } }
  services:
    split:
      weighted:
        services: [{ name: bad }, { name: good }]
        circuitBreaker: { expression: "ResponseCodeRatio(500, 600, 0, 600) > 0.5", checkPeriod: 1ms, minRequests: 3 }
${balancers({ bad: [bad.port], good: [good.port] })}
`);
    const statuses = [];
    for (let i = 0; i < 60; i++) statuses.push((await exchange(gateway.port, get)).status);
    assert.ok(statuses.includes(500));
    assert.deepEqual(statuses.slice(-20), new Array(20).fill(200));
    const { circuits } = await gateway.plane.stats();
    assert.deepEqual(circuits.map(({ state }) => state).sort(), ['standby', 'tripped']);
  });
});
