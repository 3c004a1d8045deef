import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const post = (body: string, more = '') =>
  `POST / HTTP/1.1\r\nHost: h\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

function file(main: number, fallback: number, options = ''): string {
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  services:
    both: { failover: { service: main, fallback: spare${options} } }
${balancers({ main: [main], spare: [fallback] })}
`;
}

const says = (status: number, body: string) =>
  recordingEndpoint((_, response) => response.writeHead(status).end(body));

describe('failover', () => {
  test('the fallback answers in place of a service that cannot be reached', async () => {
    await using spare = await says(200, 'spare');
    await using gateway = await gatewayFrom(file(1, spare.port));
    for (let i = 0; i < 3; i++)
      assert.equal((await exchange(gateway.port, post('x'))).body.toString(), 'spare');
  });

  test('answers of the service stand without errors, whatever they are', async () => {
    await using main = await says(503, 'main');
    await using spare = await says(200, 'spare');
    await using gateway = await gatewayFrom(file(main.port, spare.port));
    assert.equal((await exchange(gateway.port, get)).body.toString(), 'main');
  });

  const errors = ', errors: { status: ["500-503"] }';
  test('named answers are replaced, with the body sent again where that does no harm', async () => {
    await using main = await says(503, 'main');
    await using spare = await says(200, 'spare');
    await using gateway = await gatewayFrom(file(main.port, spare.port, errors));
    assert.equal((await exchange(gateway.port, get)).body.toString(), 'spare');
    assert.equal((await exchange(gateway.port, post('x'))).body.toString(), 'main');
    const keyed = await exchange(gateway.port, post('hello', 'Idempotency-Key: 1\r\n'));
    assert.equal(keyed.body.toString(), 'spare');
    assert.equal(spare.requests.at(-1)?.body.toString(), 'hello');
  });

  test('replayNonIdempotent sends a POST again too; a body over the limit keeps its answer', async () => {
    await using main = await says(500, 'main');
    await using spare = await says(200, 'spare');
    const more = ', errors: { status: ["500"], replayNonIdempotent: true, maxRequestBodyBytes: 10 }';
    await using gateway = await gatewayFrom(file(main.port, spare.port, more));
    assert.equal((await exchange(gateway.port, post('0123456789'))).body.toString(), 'spare');
    const large = 'x'.repeat(200_000);
    assert.equal((await exchange(gateway.port, post(large))).body.toString(), 'main');
  });

  test('the service’s answer stands when the fallback is down', async () => {
    await using main = await says(503, 'main');
    await using gateway = await gatewayFrom(file(main.port, 1, errors));
    await gateway.plane.patch({
      kind: 'health',
      service: ['spare', 'file'],
      endpoint: { host: '127.0.0.1', port: 1 },
      up: false,
      reason: 'test',
    });
    assert.equal((await exchange(gateway.port, get)).body.toString(), 'main');
  });

  test('health decides, and is what the service above sees', async () => {
    await using main = await says(200, 'main');
    await using spare = await says(200, 'spare');
    await using gateway = await gatewayFrom(file(main.port, spare.port));
    const verdict = (service: string, port: number, up: boolean) =>
      gateway.plane.patch({
        kind: 'health',
        service: [service, 'file'],
        endpoint: { host: '127.0.0.1', port },
        up,
        reason: 'test',
      });
    const body = async () => (await exchange(gateway.port, get)).body.toString();
    assert.equal(await body(), 'main');
    await verdict('main', main.port, false);
    assert.equal(await body(), 'spare');
    await verdict('main', main.port, true);
    assert.equal(await body(), 'main');
    await verdict('main', main.port, false);
    await verdict('spare', spare.port, false);
    assert.equal((await exchange(gateway.port, get)).status, 503);
  });

  test('services nest in each other: failover of weighted of mirroring', async () => {
    await using a = await says(500, 'a');
    await using b = await says(200, 'b');
    await using copy = await says(200, 'copy');
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: top } }
  services:
    top: { failover: { service: some, fallback: mirrored, errors: { status: ["500"] } } }
    some: { weighted: { services: [{ name: a, weight: 1 }] } }
    mirrored: { mirroring: { service: b, mirrors: [{ name: copy }] } }
${balancers({ a: [a.port], b: [b.port], copy: [copy.port] })}
`);
    const put = 'PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello';
    assert.equal((await exchange(gateway.port, put)).body.toString(), 'b');
    await eventually(() => copy.requests.length === 1, 'the copy');
    assert.equal(copy.requests[0]?.body.toString(), 'hello');
    assert.equal(a.requests[0]?.body.toString(), 'hello');
  });
});
