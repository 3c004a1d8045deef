import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import fc from 'fast-check';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom, modelFrom } from '../testing/from-yaml.ts';
import { fieldsOf, middlewareOf, requestHead } from '../testing/middleware-of.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';
import { exchangeOf, passing } from './testing.ts';

const bcrypt = '$2y$10$WG/acUHUT.V8EqE9bpOEiO77119UvzZz99j9z8otnkpDnmsAS2Onu';

const file = (middleware: string, port: number) => `
http:
  routers: { r: { rule: PathPrefix(\`/\`), service: s, middlewares: [auth] } }
  middlewares: { auth: { ${middleware} } }
  services:
${balancers({ s: [port] })}
`;

const basic = (user: string, password: string) =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;
const get = (fields = '') => `GET /a HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;

const users = `users: ["tést:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "md:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/", "bc:${bcrypt}"]`;

describe('basicAuth', () => {
  const cases: readonly (readonly [what: string, fields: string, status: number])[] = [
    ['no credentials', '', 401],
    ['SHA1', basic('tést', 'test'), 200],
    ['MD5', basic('md', 'test'), 200],
    ['bcrypt', basic('bc', 'secret'), 200],
    ['a wrong password', basic('bc', 'wrong'), 401],
    ['an empty one', basic('bc', ''), 401],
    ['an unknown user', basic('nobody', 'secret'), 401],
    ['another user’s password', basic('md', 'secret'), 401],
    ['another scheme', 'Authorization: Bearer YmM6c2VjcmV0\r\n', 401],
    ['the scheme in capitals', basic('bc', 'secret').replace('Basic', 'BASIC'), 200],
    ['no colon', `Authorization: Basic ${Buffer.from('bc').toString('base64')}\r\n`, 401],
    ['two fields', basic('bc', 'secret') + basic('md', 'test'), 401],
    ['nonsense', 'Authorization: Basic ::::\r\n', 401],
    ['right, with what is no base64 around it', `${basic('bc', 'secret').trimEnd()}!!\r\n`, 401],
  ];

  test('over one connection, each twice: checked, then remembered', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(`basicAuth: { realm: here, ${users} }`, endpoint.port));
    using client = await rawClient(gateway.port);
    for (const [what, fields, status] of [...cases, ...cases]) {
      client.send(get(fields));
      const response = await client.response();
      assert.equal(response.status, status, what);
      assert.equal(
        response.headers['www-authenticate'],
        status === 401 ? 'Basic realm="here"' : undefined,
        what,
      );
    }
    assert.equal(endpoint.requests.length, 2 * cases.filter(([, , status]) => status === 200).length);
  });

  test('tells the endpoint who it is, whatever the client says, and takes the password away', async () => {
    await using endpoint = await recordingEndpoint();
    const options = `headerField: X-WEB-User, removeHeader: true, ${users}`;
    await using gateway = await gatewayFrom(file(`basicAuth: { ${options} }`, endpoint.port));
    const forged = 'x-web-user: root\r\nX_Web_User: root\r\nX-Web_User: root\r\n';
    await exchange(gateway.port, get(forged + basic('bc', 'secret')));
    const raw = endpoint.requests[0]?.rawHeaders ?? [];
    const told = raw.filter((_, i) => /^x.web.user$/i.test(raw[i - (i % 2)] ?? ''));
    assert.deepEqual(told, ['X-WEB-User', 'bc']);
    assert.equal(
      raw.some((name) => name.toLowerCase() === 'authorization'),
      false,
    );
  });

  test('a request with a body waits for the check and loses nothing', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(`basicAuth: { ${users} }`, endpoint.port));
    const body = 'x'.repeat(200_000);
    const head = `POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n${basic('bc', 'secret')}\r\n`;
    assert.equal((await exchange(gateway.port, head + body)).status, 200);
    assert.equal(endpoint.requests[0]?.body.length, body.length);
  });

  test('a client that leaves during the check disturbs nobody', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(`basicAuth: { ${users} }`, endpoint.port));
    const socket = connect({ host: '127.0.0.1', port: gateway.port });
    socket.write(get(basic('bc', 'secret')));
    await once(socket, 'connect');
    socket.destroy();
    assert.equal((await exchange(gateway.port, get(basic('bc', 'secret')))).status, 200);
    assert.equal((await exchange(gateway.port, get())).status, 401);
  });

  test('a flood of wrong passwords from one address: some are told to come again, and nobody else waits', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(`basicAuth: { ${users} }`, endpoint.port));
    assert.equal((await exchange(gateway.port, get(basic('bc', 'secret')))).status, 200);
    const flood = Array.from({ length: 40 }, (_, i) => exchange(gateway.port, get(basic('bc', `no ${i}`))));
    // Known passwords are not checked again.
    assert.equal((await exchange(gateway.port, get(basic('bc', 'secret')))).status, 200);
    const answers = await Promise.all(flood);
    const busy = answers.filter(({ status }) => status === 429);
    assert.ok(busy.length > 0 && answers.every(({ status }) => status === 429 || status === 401));
    assert.equal(busy[0]?.headers['retry-after'], '1');
    assert.match(String(busy[0]?.body), /client\.checks-waiting/);
  });

  test('whatever a client sends, it passes with the right password only', async () => {
    const auth = middlewareOf('basicAuth: { users: ["a:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="] }', systemClock);
    const piece = fc.constantFrom('Basic ', 'basic', ' ', 'YTp0ZXN0', 'YTp4', '=', ':', 'a', '\xff', 'Og==');
    const sent = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(sent, async (authorization) => {
        const outcome = await new Promise<string>((resolve) => {
          const head = requestHead({ headers: fieldsOf({ Authorization: authorization }) });
          const failed = (code: string) => resolve(code);
          const reader = { head: () => {}, data: () => true, end: () => {}, failed };
          auth.handle?.(exchangeOf(head, reader), { go: () => resolve('passed') }, passing);
        });
        const written = authorization.slice(6);
        const right =
          /^[A-Za-z0-9+/]*={0,2}$/.test(written) &&
          Buffer.from(written, 'base64').toString('latin1') === 'a:test';
        const asked = authorization.toLowerCase().startsWith('basic ');
        assert.equal(outcome, right && asked ? 'passed' : 'client.unauthorized');
      }),
    );
  });

  test('a reload: who is not there any more is out at once, who is new is in', async () => {
    await using endpoint = await recordingEndpoint();
    const only = (user: string) =>
      file(`basicAuth: { users: ["${user}:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="] }`, endpoint.port);
    await using gateway = await gatewayFrom(only('old'));
    const statuses = async () => {
      const asked = ['old', 'new'].map((user) => exchange(gateway.port, get(basic(user, 'test'))));
      return (await Promise.all(asked)).map(({ status }) => status);
    };
    assert.deepEqual(await statuses(), [200, 401]);
    await gateway.plane.apply({ ...modelFrom(only('new')), entryPoints: gateway.model.entryPoints });
    assert.deepEqual(await statuses(), [401, 200]);
  });

  test('nobody passes where there are no users', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await gatewayFrom(file('basicAuth: { users: [] }', endpoint.port));
    assert.equal((await exchange(gateway.port, get(basic('', '')))).status, 401);
  });
});

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Answers a challenge as a browser does. */
function digest(
  challenge: string,
  user: string,
  password: string,
  uri: string,
  count = 1,
  method = 'GET',
): string {
  const get = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const nc = count.toString(16).padStart(8, '0');
  const ha1 = md5(`${user}:${get('realm')}:${password}`);
  const response = md5(`${ha1}:${get('nonce')}:${nc}:cn:auth:${md5(`${method}:${uri}`)}`);
  return (
    `Authorization: Digest username="${user}", realm="${get('realm')}", nonce="${get('nonce')}", uri="${uri}", ` +
    `qop=auth, nc=${nc}, cnonce="cn", response="${response}", opaque="${get('opaque')}", algorithm=MD5\r\n`
  );
}

describe('digestAuth', () => {
  const ha1 = md5('test:traefik:secret');
  const digestUsers = `users: ["test:traefik:${ha1}"]`;

  test('a challenge, its answer, the next count, a replay', async () => {
    await using endpoint = await recordingEndpoint();
    const options = `headerField: X-User, removeHeader: true, ${digestUsers}`;
    await using gateway = await gatewayFrom(file(`digestAuth: { ${options} }`, endpoint.port));
    using client = await rawClient(gateway.port);
    const ask = async (fields = '', target = '/a?b') => {
      client.send(`GET ${target} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
      const { status, headers } = await client.response();
      return { status, challenge: headers['www-authenticate'] ?? '' };
    };
    const { status, challenge } = await ask();
    assert.equal(status, 401);
    assert.match(
      challenge,
      /^Digest realm="traefik", nonce="[\w-]+", opaque="\w+", algorithm=MD5, qop="auth"$/,
    );
    const first = digest(challenge, 'test', 'secret', '/a?b');
    assert.equal((await ask(first)).status, 200);
    assert.equal((await ask(digest(challenge, 'test', 'secret', '/a?b', 2))).status, 200);
    const replayed = await ask(first);
    assert.equal(replayed.status, 401);
    assert.match(replayed.challenge, /, stale=true$/);
    assert.equal((await ask(digest(replayed.challenge, 'test', 'secret', '/a?b'))).status, 200);
    const wrong = [
      digest(challenge, 'test', 'wrong', '/a?b', 9),
      digest(challenge, 'nobody', 'secret', '/a?b', 9),
      digest(challenge, 'test', 'secret', '/a?b', 9, 'POST'),
      digest(challenge, 'test', 'secret', '/', 9),
      digest(challenge, 'test', 'secret', '/a', 9),
      digest(challenge.replace('traefik', 'other'), 'test', 'secret', '/a?b', 9),
      digest(challenge.replace(/opaque="\w+"/, 'opaque="x"'), 'test', 'secret', '/a?b', 9),
    ];
    for (const each of wrong) {
      const answer = await ask(each);
      assert.equal(answer.status, 401, each);
      assert.doesNotMatch(answer.challenge, /stale/);
    }
    assert.equal(
      (await ask(digest(challenge.replace(/nonce="./, 'nonce="~'), 'test', 'secret', '/a?b'))).status,
      401,
    );
    assert.equal(endpoint.requests.length, 3);
    const raw = endpoint.requests[0]?.rawHeaders ?? [];
    assert.equal(raw[raw.indexOf('X-User') + 1], 'test');
    assert.equal(raw.includes('Authorization'), false);
    await eventually(() => endpoint.sockets.size > 0, 'the connection stays');
  });
});
