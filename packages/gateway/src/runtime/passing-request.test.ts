import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const put = 'PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello';
const chunked = 'PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
const says = (status: number, body: string) =>
  recordingEndpoint((_, response) => response.writeHead(status).end(body));

describe('services with middlewares of their own', () => {
  for (const request of [put, chunked]) {
    test(`a fallback with middlewares gets the body: ${request.slice(20, 50)}`, async () => {
      await using main = await says(503, 'main');
      await using spare = await says(200, 'spare');
      await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares: { mark: { headers: { customRequestHeaders: { X-Spare: "yes" } } } }
  services:
    both: { failover: { service: main, fallback: spare, errors: { status: ["500-599"] } } }
    spare: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${spare.port}" }] }, middlewares: [mark] }
${balancers({ main: [main.port] })}
`);
      const answer = await exchange(gateway.port, request);
      assert.equal(answer.body.toString(), 'spare');
      assert.equal(spare.requests[0]?.body.toString(), 'hello');
    });
  }

  test('a mirrored service with middlewares is mirrored', async () => {
    await using main = await says(200, 'main');
    await using copy = await says(200, 'copy');
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares: { mark: { addPrefix: { prefix: /main } } }
  services:
    both: { mirroring: { service: main, mirrors: [{ name: copy }] } }
    main: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${main.port}" }] }, middlewares: [mark] }
${balancers({ copy: [copy.port] })}
`);
    assert.equal((await exchange(gateway.port, put)).status, 200);
    await eventually(() => copy.requests.length === 1, 'the copy');
    assert.equal(copy.requests[0]?.body.toString(), 'hello');
    assert.equal(copy.requests[0]?.url, '/');
    assert.equal(main.requests[0]?.url, '/main/');
  });

  test('a fallback that fails is not asked for ever', async () => {
    await using main = await says(503, 'main');
    let asked = 0;
    await using spare = await scriptedEndpoint((peer) => {
      asked++;
      peer.socket.destroy();
    });
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares: { mark: { headers: { customRequestHeaders: { X-Main: "yes" } } } }
  services:
    both: { failover: { service: main, fallback: spare, errors: { status: ["500-599"] } } }
    main: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${main.port}" }] }, middlewares: [mark] }
${balancers({ spare: [spare.port] })}
`);
    const answer = await exchange(gateway.port, get);
    assert.equal(answer.status, 502);
    assert.ok(asked <= 3, `asked ${asked} times`);
  });

  test('a fallback gets the request as the failover got it, and answers as itself', async () => {
    await using main = await says(503, 'main');
    await using spare = await says(200, 'spare');
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares:
    mark: { headers: { customRequestHeaders: { X-Main: "yes" }, customResponseHeaders: { X-Main: "yes" } } }
    path: { addPrefix: { prefix: /main } }
  services:
    both: { failover: { service: main, fallback: spare, errors: { status: ["500-599"] } } }
    main: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${main.port}" }] }, middlewares: [mark, path] }
${balancers({ spare: [spare.port] })}
`);
    const answer = await exchange(gateway.port, get);
    assert.equal(answer.body.toString(), 'spare');
    assert.equal(spare.requests[0]?.url, '/');
    assert.ok(!spare.requests[0]?.rawHeaders.some((each) => each.toLowerCase() === 'x-main'));
    assert.equal(answer.headers['x-main'], undefined);
  });

  test('retry of a parent router holds for its children', async () => {
    let left = 1;
    await using endpoint = await recordingEndpoint((_, response) =>
      response.writeHead(left-- > 0 ? 503 : 200).end(),
    );
    await using gateway = await gatewayFrom(`
http:
  routers:
    top: { rule: "PathPrefix(\`/\`)", middlewares: [again] }
    leaf: { rule: "PathPrefix(\`/\`)", parentRefs: [top], service: s }
  middlewares: { again: { retry: { attempts: 3, status: ["503"] } } }
  services:
${balancers({ s: [endpoint.port] })}
`);
    assert.equal((await exchange(gateway.port, get)).status, 200);
  });

  test('nested failovers', async () => {
    await using main = await says(502, 'main');
    await using inner = await says(500, 'inner');
    await using outer = await says(200, 'outer');
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: top } }
  services:
    top: { failover: { service: mid, fallback: outer, errors: { status: ["500-599"] } } }
    mid: { failover: { service: main, fallback: inner, errors: { status: ["502"] } } }
${balancers({ main: [main.port], inner: [inner.port], outer: [outer.port] })}
`);
    assert.equal((await exchange(gateway.port, put)).body.toString(), 'outer');
    assert.equal(inner.requests.length, 1);
  });
});
