import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { rawClient } from '../testing/raw-client.ts';

test('many small chunks that waited for a mirror behind middlewares', async () => {
  await using main = await recordingEndpoint();
  await using mirror = await recordingEndpoint();
  await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares:
    auth: { basicAuth: { users: ["bc:$2y$10$WG/acUHUT.V8EqE9bpOEiO77119UvzZz99j9z8otnkpDnmsAS2Onu"] } }
  services:
    both: { mirroring: { service: main, mirrors: [{ name: copy }] } }
    copy: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${mirror.port}" }] }, middlewares: [auth] }
${balancers({ main: [main.port] })}
`);
  using client = await rawClient(gateway.port);
  const field = Buffer.from('bc:secret').toString('base64');
  client.send(
    `PUT / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic ${field}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  // More than waits at the service behind the middlewares: the rest waits in front of them.
  const pieces = 9000;
  client.send(`10\r\n${'x'.repeat(16)}\r\n`.repeat(pieces));
  client.send('0\r\n\r\n');
  await client.response('PUT');
  await eventually(() => mirror.requests.length === 1, 'the copy');
  assert.equal(mirror.requests[0]?.body.length, pieces * 16);
});

test('a request that is sent on at once by a service with middlewares is copied once', async () => {
  await using spare = await recordingEndpoint();
  await using mirror = await recordingEndpoint();
  await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  middlewares: { nobody: { ipAllowList: { sourceRange: [192.0.2.1] } } }
  services:
    both: { mirroring: { service: kept, mirrors: [{ name: copy }] } }
    kept: { failover: { service: closed, fallback: spare, errors: { status: ["403"] } } }
    closed: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] }, middlewares: [nobody] }
${balancers({ spare: [spare.port], copy: [mirror.port] })}
`);
  using client = await rawClient(gateway.port);
  client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  const [stats] = (await gateway.plane.stats()).mirrors;
  assert.equal(stats?.sent, 1);
});
