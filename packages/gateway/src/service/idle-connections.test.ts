/** How many connections are kept for the next requests. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

for (const [most, kept] of [
  [1, 1],
  [3, 3],
  [0, 6],
  [undefined, 6],
] as const) {
  test(`maxIdleConnsPerHost ${most ?? 'not written'}: of six connections ${kept} stay`, async () => {
    const waiting: ServerResponse[] = [];
    await using endpoint = await recordingEndpoint((_, response) => void waiting.push(response));
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s } }
  serversTransports: { t: ${most === undefined ? '{ disableHTTP2: true }' : `{ maxIdleConnsPerHost: ${most} }`} }
  services: { s: { loadBalancer: { serversTransport: t, servers: [{ url: "http://127.0.0.1:${endpoint.port}" }] } } }
`);
    const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
    for (let round = 0; round < 2; round++) {
      const answers = Promise.all(Array.from({ length: 6 }, () => exchange(gateway.port, get)));
      await eventually(() => waiting.length === 6, 'six at once');
      for (const response of waiting.splice(0)) response.end('ok');
      for (const { status } of await answers) assert.equal(status, 200);
      await eventually(() => endpoint.sockets.size === kept, `${kept} that stay`);
    }
    // The second round took those that were kept.
    assert.equal(endpoint.accepted, 6 + 6 - kept);
  });
}
