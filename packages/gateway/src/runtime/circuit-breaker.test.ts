import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom, modelFrom } from '../testing/from-yaml.ts';
import type { TestGateway } from '../testing/gateway.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { exchange } from '../testing/raw-client.ts';

const ask = async (gateway: TestGateway, path = '/') => {
  const answer = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
  return `${answer.status} ${answer.status < 500 || answer.body.length < 10 ? answer.body.toString() : ''}`.trim();
};

const broken = () => recordingEndpoint((_, response) => response.writeHead(502).end('bad'));
const fine = (body: string) => recordingEndpoint((_, response) => response.end(body));
const expression = 'expression: "NetworkErrorRatio() > 0.5"';

function routed(port: number, breaker: string, spare = 1): string {
  return `
http:
  routers:
    one: { rule: "PathPrefix(\`/\`)", service: main, middlewares: [cb] }
    two: { rule: "PathPrefix(\`/two\`)", service: main, middlewares: [cb] }
  middlewares: { cb: { circuitBreaker: { ${breaker} } } }
  services:
${balancers({ main: [port], spare: [spare] })}
`;
}

describe('a circuit breaker of routers', () => {
  test('answers 503 in place of a service that fails, tells why, and lets it recover', async () => {
    const clock = new ManualClock();
    let failing = true;
    await using endpoint = await recordingEndpoint((_, response) =>
      failing ? response.writeHead(502).end('bad') : response.end('good'),
    );
    await using gateway = await gatewayFrom(routed(endpoint.port, expression), { clock });
    assert.equal(await ask(gateway), '502 bad');
    const refused = await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal(refused.status, 503);
    assert.match(refused.body.toString(), /"service\.circuit-open"/);
    assert.equal(endpoint.requests.length, 1, 'the endpoint is spared');
    failing = false;
    clock.advance(10_000);
    const recovering = [];
    for (let i = 0; i < 10; i++) {
      recovering.push(await ask(gateway));
      clock.advance(1_000);
    }
    assert.deepEqual(new Set(recovering), new Set(['503', '200 good']));
    clock.advance(1_000);
    for (let i = 0; i < 5; i++) assert.equal(await ask(gateway), '200 good');
  });

  test('is one for each router, and shows', async () => {
    await using endpoint = await broken();
    await using gateway = await gatewayFrom(routed(endpoint.port, expression), { clock: new ManualClock() });
    await ask(gateway);
    assert.equal(await ask(gateway), '503');
    assert.equal(await ask(gateway, '/two'), '502 bad');
    const { circuits } = await gateway.plane.stats();
    assert.deepEqual(circuits, [
      { name: 'router one@file: cb@file', state: 'tripped', trips: 1 },
      { name: 'router two@file: cb@file', state: 'tripped', trips: 1 },
    ]);
  });

  test('answers with responseCode', async () => {
    await using endpoint = await broken();
    const file = routed(endpoint.port, `${expression}, responseCode: 429`);
    await using gateway = await gatewayFrom(file, { clock: new ManualClock() });
    await ask(gateway);
    assert.match(await ask(gateway), /^429 /);
  });

  test('sends requests to its fallback service while it is open', async () => {
    await using endpoint = await broken();
    await using spare = await fine('spare');
    const file = routed(endpoint.port, `${expression}, fallbackService: spare`, spare.port);
    await using gateway = await gatewayFrom(file, { clock: new ManualClock() });
    assert.equal(await ask(gateway), '502 bad');
    for (let i = 0; i < 3; i++) assert.equal(await ask(gateway), '200 spare');
    assert.equal(endpoint.requests.length, 1);
  });

  test('counts endpoints that cannot be reached', async () => {
    await using gateway = await gatewayFrom(routed(1, expression), { clock: new ManualClock() });
    assert.match(await ask(gateway), /^502/);
    assert.equal((await gateway.plane.stats()).circuits[0]?.trips, 1);
  });

  test('counts how long requests take', async () => {
    const clock = new ManualClock();
    await using endpoint = await recordingEndpoint((_, response) => {
      clock.advance(200);
      response.end('slow');
    });
    const slow = 'expression: "LatencyAtQuantileMS(50.0) > 100"';
    await using gateway = await gatewayFrom(routed(endpoint.port, slow), { clock });
    assert.equal(await ask(gateway), '200 slow');
    assert.equal(await ask(gateway), '503');
  });

  test('stays as it is through a reload, and starts anew with other settings', async () => {
    await using endpoint = await broken();
    await using gateway = await gatewayFrom(routed(endpoint.port, expression), { clock: new ManualClock() });
    await ask(gateway);
    const other = routed(endpoint.port, expression).replace('two: {', 'three: {');
    await gateway.plane.apply({ ...modelFrom(other), entryPoints: gateway.model.entryPoints });
    assert.equal(await ask(gateway), '503');
    const changed = routed(endpoint.port, `${expression}, minRequests: 20`);
    await gateway.plane.apply({ ...modelFrom(changed), entryPoints: gateway.model.entryPoints });
    assert.equal(await ask(gateway), '502 bad');
  });
});

describe('a circuit breaker of a service', () => {
  const behind = (service: string, main: number, spare: number, breaker = expression) => `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares: { cb: { circuitBreaker: { ${breaker} } } }
  services:
    both: { ${service} }
    main: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${main}" }] }, middlewares: [cb] }
${balancers({ spare: [spare] })}
`;

  test('is a trigger of failover', async () => {
    const clock = new ManualClock();
    await using main = await broken();
    await using spare = await fine('spare');
    const file = behind('failover: { service: main, fallback: spare }', main.port, spare.port);
    await using gateway = await gatewayFrom(file, { clock });
    assert.equal(await ask(gateway), '502 bad');
    for (let i = 0; i < 3; i++) assert.equal(await ask(gateway), '200 spare');
    clock.advance(10_000);
    assert.equal(await ask(gateway), '503', 'a share comes back, and its middleware decides');
    assert.deepEqual(
      (await gateway.plane.stats()).circuits.map(({ name }) => name),
      ['service main@file: cb@file'],
    );
  });

  test('gives its share of a weighted service to the others', async () => {
    await using main = await broken();
    await using spare = await fine('spare');
    const file = behind('weighted: { services: [{ name: main }, { name: spare }] }', main.port, spare.port);
    await using gateway = await gatewayFrom(file, { clock: new ManualClock() });
    const before = [await ask(gateway), await ask(gateway)];
    assert.deepEqual(before.sort(), ['200 spare', '502 bad']);
    for (let i = 0; i < 6; i++) assert.equal(await ask(gateway), '200 spare');
  });

  test('answers itself where there is nobody else', async () => {
    await using main = await broken();
    await using spare = await fine('spare');
    const own = `${expression}, fallbackService: spare`;
    const file = behind('weighted: { services: [{ name: main }] }', main.port, spare.port, own);
    await using gateway = await gatewayFrom(file, { clock: new ManualClock() });
    assert.equal(await ask(gateway), '502 bad');
    assert.equal(await ask(gateway), '200 spare');
  });
});
