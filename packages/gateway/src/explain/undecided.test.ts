import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from './explain.ts';
import { viewOf } from './testing.ts';

const hash = '$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/';
const view = viewOf(`
http:
  routers:
    api: {rule: "Host(\`api\`)", middlewares: [login]}
    admin: {rule: "Header(\`X-User\`, \`admin\`)", parentRefs: [api], service: s, priority: 9}
    guest: {rule: "!Header(\`X-User\`, \`admin\`) && Path(\`/guest\`)", parentRefs: [api], service: s, priority: 8}
    open: {rule: "Path(\`/open\`)", parentRefs: [api], service: s, priority: 7}
    asked: {rule: "Host(\`asked\`)", middlewares: [ask]}
    role: {rule: "HeaderRegexp(\`X-Role\`, \`^a\`)", parentRefs: [asked], service: s}
    other: {rule: "Header(\`X-Other\`, \`1\`)", parentRefs: [asked], service: s}
    both: {rule: "Host(\`both\`)", middlewares: [ask, limit, https], service: s}
    silent: {rule: "Host(\`silent\`)", middlewares: [mute]}
    below: {rule: "Header(\`X-Role\`, \`a\`)", parentRefs: [silent], service: s}
  middlewares:
    login: {basicAuth: {users: ["test:${hash}"], headerField: X-User}}
    ask: {forwardAuth: {address: "http://10.0.0.9/", authResponseHeadersRegex: "^X-R"}}
    mute: {forwardAuth: {address: "http://10.0.0.9/"}}
    limit: {rateLimit: {average: 10}}
    https: {redirectScheme: {scheme: https}}
  services: {s: {loadBalancer: {servers: [{url: "http://10.0.0.1:1"}]}}}
`);
const ask = (url: string, ...headers: [string, string][]) => explain(view, { method: 'GET', url, headers });
const auth: [string, string] = ['Authorization', 'Basic dGVzdDp0ZXN0'];
const names = (routers: readonly { name: string }[] = []) => routers.map(({ name }) => name);

test('credentials that are not there are refused for sure; others are not judged', () => {
  for (const headers of [[], [['Authorization', 'Bearer x'] as [string, string]]]) {
    const refused = ask('http://api/open', ...headers);
    assert.deepEqual(
      [refused.outcome, refused.status, refused.code, refused.dependsOn],
      ['middleware', 401, 'client.unauthorized', undefined],
    );
  }
  const passed = ask('http://api/open', auth);
  assert.deepEqual([passed.outcome, passed.dependsOn], ['service', ['login@file']]);
  assert.ok(!JSON.stringify([passed, ask('http://api/')]).includes(hash));
});

test('children whose rules test what a login sets are possible, before one that matches anyhow', () => {
  const told = ask('http://api/', auth);
  assert.deepEqual(
    [told.outcome, told.status, names(told.possible)],
    ['possible', undefined, ['admin@file']],
  );
  assert.equal(told.detail, 'depends on login@file: not asked; give what it would set with -H');
  assert.deepEqual(names(told.passedOver.nearest.slice(-2)), ['guest@file', 'open@file']);
  const open = ask('http://api/open', auth);
  assert.deepEqual([names(open.routers), names(open.possible)], [['api@file', 'open@file'], ['admin@file']]);
  const guest = ask('http://api/guest', auth);
  assert.deepEqual([names(guest.routers).at(-1), names(guest.possible)], ['guest@file', ['admin@file']]);
  const given = ask('http://api/', auth, ['X-User', 'admin']);
  assert.deepEqual(
    [given.outcome, names(given.routers).at(-1), given.possible],
    ['service', 'admin@file', undefined],
  );
});

test('only headers that it may set make a child possible', () => {
  const told = ask('http://asked/');
  assert.deepEqual([told.outcome, names(told.possible)], ['possible', ['role@file']]);
  const silent = ask('http://silent/');
  assert.deepEqual([silent.outcome, silent.status, silent.dependsOn], ['no-route', 404, ['mute@file']]);
});

test('whoever comes later depends on all that may answer before', () => {
  const told = ask('http://both/');
  assert.deepEqual(
    [told.outcome, told.status, told.dependsOn],
    ['middleware', 302, ['ask@file', 'limit@file']],
  );
});
