/** What an endpoint is asked for, and under which name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: shop.example:81\r\n\r\n`;

for (const [options, path, asked] of [
  ['', '', '/x/y?q=1'],
  ['', '/base/', '/x/y?q=1'],
  ['preservePath: false, ', '/base', '/x/y?q=1'],
  ['preservePath: true, ', '', '/x/y?q=1'],
  ['preservePath: true, ', '/base', '/base/x/y?q=1'],
  ['preservePath: true, ', '/base/', '/base/x/y?q=1'],
] as const) {
  for (const pass of ['', 'passHostHeader: true, ', 'passHostHeader: false, ']) {
    test(`${pass}${options}url …${path}: asked for ${asked}`, async () => {
      await using endpoint = await recordingEndpoint();
      const address = `127.0.0.1:${endpoint.port}`;
      await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s } }
  services: { s: { loadBalancer: { ${pass}servers: [{ ${options}url: "http://${address}${path}" }] } } }
`);
      assert.equal((await exchange(gateway.port, get('/x/y?q=1'))).status, 200);
      const host = pass.includes('false') ? address : 'shop.example:81';
      const seen = endpoint.requests.map(({ url, rawHeaders }) => ({
        url,
        host: rawHeaders[rawHeaders.indexOf('Host') + 1],
      }));
      assert.deepEqual(seen, [{ url: asked, host }]);
    });
  }
}
