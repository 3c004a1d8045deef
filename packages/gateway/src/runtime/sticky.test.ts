import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

const saying = (text: string) => recordingEndpoint((_, response) => response.end(text));
const get = (cookies?: string) =>
  `GET / HTTP/1.1\r\nHost: h\r\n${cookies === undefined ? '' : `Cookie: ${cookies}\r\n`}\r\n`;
/** Every Set-Cookie of an answer, in order; none of ours holds a comma. */
const cookiesOf = (answer: { headers: Readonly<Record<string, string>> }) =>
  answer.headers['set-cookie']?.split(', ') ?? [];

test('a session stays at its endpoint; its cookie has every option, and goes on to the endpoint', async () => {
  await using a = await saying('a');
  await using b = await saying('b');
  await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s } }
  services:
    s:
      loadBalancer:
        servers: [{ url: "http://127.0.0.1:${a.port}" }, { url: "http://127.0.0.1:${b.port}" }]
        sticky:
          cookie: { name: id, secure: true, httpOnly: true, sameSite: none, maxAge: 60, path: /shop, domain: example.com }
`);
  const first = await exchange(gateway.port, get());
  const [cookie = ''] = cookiesOf(first);
  assert.match(
    cookie,
    /^id=[0-9a-f]{16}; Path=\/shop; Domain=example\.com; Max-Age=60; HttpOnly; Secure; SameSite=None$/,
  );
  for (let i = 0; i < 6; i++) {
    const again = await exchange(gateway.port, get(cookie.split(';')[0]));
    assert.equal(again.body.toString(), first.body.toString());
    assert.deepEqual(cookiesOf(again), []);
  }
  const stuck = first.body.toString() === 'a' ? a : b;
  const seen = stuck.requests.at(-1)?.rawHeaders ?? [];
  assert.ok(seen.includes(cookie.split(';')[0] as string));
});

test('a request that is sent again elsewhere gets one cookie: of who answered', async () => {
  await using b = await saying('b');
  await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s } }
  services:
    s:
      weighted:
        services: [{ name: gone }, { name: there }]
        sticky: { cookie: { name: leg } }
${balancers({ gone: [1], there: [b.port] })}
`);
  const cookies = new Set<string>();
  for (let i = 0; i < 4; i++) {
    const answer = await exchange(gateway.port, get());
    assert.equal(answer.body.toString(), 'b');
    assert.equal(cookiesOf(answer).length, 1);
    cookies.add(cookiesOf(answer)[0] as string);
  }
  assert.equal(cookies.size, 1);
});
