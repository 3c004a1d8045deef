import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

describe('routers of routers', () => {
  test('a child’s rule sees what its parent’s middlewares made of the request', async () => {
    await using admin = await recordingEndpoint((_, response) => response.end('admin'));
    await using user = await recordingEndpoint((_, response) => response.end('user'));
    await using gateway = await gatewayFrom(`
http:
  routers:
    root: { rule: "PathPrefix(\`/api\`)", middlewares: [strip, role], entryPoints: [web] }
    admins: { rule: "Header(\`X-Role\`, \`admin\`) && PathPrefix(\`/orders\`)", service: admin, parentRefs: [root], middlewares: [leaf] }
    middle: { rule: "PathPrefix(\`/mid\`)", parentRefs: [root], middlewares: [strip2] }
    users: { rule: "Path(\`/orders\`)", service: user, parentRefs: [middle] }
  middlewares:
    strip: { stripPrefix: { prefixes: [/api] } }
    strip2: { stripPrefix: { prefixes: [/mid] } }
    role: { headers: { customRequestHeaders: { X-Role: admin }, customResponseHeaders: { X-Layer: root } } }
    leaf: { headers: { customResponseHeaders: { X-Layer: leaf, X-Leaf: "1" } } }
  services:
${balancers({ admin: [admin.port], user: [user.port] })}
`);
    const ask = (path: string) => exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
    const leaf = await ask('/api/orders');
    assert.equal(leaf.body.toString(), 'admin');
    assert.deepEqual([leaf.headers['x-layer'], leaf.headers['x-leaf']], ['root', '1']);
    assert.equal(admin.requests[0]?.url, '/orders');
    const two = await ask('/api/mid/orders');
    assert.equal(two.body.toString(), 'user');
    assert.equal(user.requests[0]?.url, '/orders');
    assert.equal(two.headers['x-layer'], 'root');
    // Nobody below takes it: not found, with what the root adds.
    const none = await ask('/api/nothing');
    assert.deepEqual([none.status, none.headers['x-layer']], [404, 'root']);
    // A child is reached through its parent alone.
    assert.equal((await ask('/orders')).status, 404);
  });
});
