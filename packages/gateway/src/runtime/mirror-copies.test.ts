import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const says = (status: number, body: string) =>
  recordingEndpoint((_, response) => response.writeHead(status).end(body));

describe('copies of requests and the budget of retries', () => {
  test('a copy has the whole body when all of it was here before the request went on', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await recordingEndpoint();
    await using gateway = await gatewayFrom(`
http:
  routers:
    r: { rule: "PathPrefix(\`/\`)", service: both, middlewares: [again] }
    a: { rule: "PathPrefix(\`/auth\`)", service: both, middlewares: [auth, again] }
  middlewares:
    auth: { basicAuth: { users: ["bc:$2y$10$WG/acUHUT.V8EqE9bpOEiO77119UvzZz99j9z8otnkpDnmsAS2Onu"] } }
    again: { retry: { attempts: 2, maxRequestBodyBytes: 10 } }
  services:
    both: { mirroring: { service: main, mirrors: [{ name: copy }] } }
${balancers({ main: [main.port], copy: [mirror.port] })}
`);
    using client = await rawClient(gateway.port);
    client.send(get);
    assert.equal((await client.response()).status, 200);
    await eventually(() => mirror.requests.length === 1, 'the copy');
    const word = Buffer.from('bc:secret').toString('base64');
    client.send(
      `PUT /auth HTTP/1.1\r\nHost: h\r\nAuthorization: Basic ${word}\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n0\r\n\r\n`,
    );
    assert.equal((await client.response()).status, 200);
    await eventually(() => mirror.requests.length === 2, 'the copy');
    assert.equal(main.requests[1]?.body.toString(), '01234567890123456789');
    assert.equal(mirror.requests[1]?.body.toString(), '01234567890123456789');
  });

  test('a dead mirror takes no retries from requests', async () => {
    let dies = false;
    await using bad = await recordingEndpoint((request, response) => {
      if (dies) request.socket.destroy();
      else response.end('ok');
    });
    await using good = await recordingEndpoint();
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  services:
    both: { mirroring: { service: main, mirrors: [{ name: copy }] } }
${balancers({ main: [bad.port, good.port], copy: [1, 2] })}
`);
    {
      using client = await rawClient(gateway.port);
      for (let i = 0; i < 500; i++) {
        client.send(get);
        await client.response();
      }
      await eventually(async () => (await gateway.plane.stats()).mirrors[0]?.inFlight === 0, 'copies to end');
    }
    dies = true;
    for (let i = 0; i < 6; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
  });

  test('failures that cannot go elsewhere take no retries from others', async () => {
    let dies = false;
    await using bad = await recordingEndpoint((request, response) => {
      if (dies) request.socket.destroy();
      else response.end('ok');
    });
    await using good = await recordingEndpoint();
    await using gateway = await gatewayFrom(`
http:
  routers:
    r: { rule: "PathPrefix(\`/\`)", service: main }
    d: { rule: "PathPrefix(\`/dead\`)", service: dead }
  services:
${balancers({ main: [bad.port, good.port], dead: [1] })}
`);
    {
      using client = await rawClient(gateway.port);
      for (let i = 0; i < 500; i++) {
        client.send('GET /dead HTTP/1.1\r\nHost: h\r\n\r\n');
        assert.equal((await client.response()).status, 502);
      }
    }
    const dead = (await gateway.plane.stats()).services.find(({ name }) => name[0] === 'dead');
    assert.equal(dead?.retries, 0);
    dies = true;
    for (let i = 0; i < 6; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
  });

  test('a copy ends with its request when that ends before its body', async () => {
    await using main = await scriptedEndpoint((peer) => {
      peer.send('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    await using mirror = await scriptedEndpoint(() => undefined);
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  services:
    both: { mirroring: { service: main, mirrors: [{ name: copy }] } }
${balancers({ main: [main.port], copy: [mirror.port] })}
`);
    using client = await rawClient(gateway.port);
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf');
    assert.equal((await client.response()).status, 413);
    await eventually(async () => (await gateway.plane.stats()).mirrors[0]?.inFlight === 0, 'the copy to end');
  });

  test('a request that is sent again to the same endpoint is copied once', async () => {
    let left = 2;
    await using main = await recordingEndpoint((_, response) =>
      response.writeHead(left-- > 0 ? 503 : 200).end(),
    );
    await using mirror = await says(200, 'copy');
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both, middlewares: [again] } }
  middlewares: { again: { retry: { attempts: 3, status: ["503"] } } }
  services:
    both: { mirroring: { service: main, mirrors: [{ name: copy }] } }
${balancers({ main: [main.port], copy: [mirror.port] })}
`);
    assert.equal((await exchange(gateway.port, get)).status, 200);
    assert.equal(main.requests.length, 3);
    assert.equal((await gateway.plane.stats()).mirrors[0]?.sent, 1);
  });
});
