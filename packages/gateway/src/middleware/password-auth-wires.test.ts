/** `basicAuth` over every wire: while a password is checked, nothing of the request may be lost or go on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect } from 'node:http2';
import { test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { within } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const file = (port: number) => `
http:
  routers: { r: { rule: PathPrefix(\`/\`), service: s, middlewares: [auth] } }
  middlewares:
    auth: { basicAuth: { users: ["bc:$2y$10$WG/acUHUT.V8EqE9bpOEiO77119UvzZz99j9z8otnkpDnmsAS2Onu"] } }
  services:
${balancers({ s: [port] })}
`;

const field = (password: string) => `Basic ${Buffer.from(`bc:${password}`).toString('base64')}`;

async function status(stream: ClientHttp2Stream): Promise<number | undefined> {
  stream.resume();
  const [headers] = await within(once(stream, 'response'), 'a response');
  await within(once(stream, 'close'), 'the end of the stream');
  return headers[':status'];
}

test('HTTP/2: streams at once, with bodies, one of them reset during the check', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await gatewayFrom(file(endpoint.port));
  const session = connect(`http://127.0.0.1:${gateway.port}`);
  try {
    const post = (password: string, body: string) => {
      const stream = session.request({ ':method': 'POST', authorization: field(password) });
      stream.end(body);
      return stream;
    };
    const left = post('secret', 'left');
    left.on('error', () => {});
    const asked = [
      post('secret', 'a'.repeat(30_000)),
      post('wrong', 'b'.repeat(30_000)),
      post('secret', 'c'),
    ];
    left.close();
    assert.deepEqual(await Promise.all(asked.map(status)), [200, 401, 200]);
    const bodies = endpoint.requests.map(({ body }) => body.length).filter((length) => length !== 4);
    assert.deepEqual(bodies.toSorted(), [1, 30_000]);
  } finally {
    session.destroy();
  }
});

test('an upgrade waits for the check and is one afterwards', async () => {
  const answer =
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Accept: zwKd5BnoWxQ6GxTxxSmBSHGHX9M=\r\n\r\n';
  await using endpoint = await scriptedEndpoint((peer, piece) => {
    if (String(piece).includes('\r\n\r\n')) peer.send(answer);
    else peer.send(piece);
  });
  await using gateway = await gatewayFrom(file(endpoint.port));
  using client = await rawClient(gateway.port);
  const upgrade =
    'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n';
  client.send(`${upgrade}Authorization: ${field('secret')}\r\n\r\n`);
  await client.until(() => String(client.received).includes('\r\n\r\n'), 'the switch');
  assert.match(String(client.received), /^HTTP\/1\.1 101 /);
  client.send('over there');
  await client.until(() => String(client.received).endsWith('over there'), 'the echo');
});

test('in workers, each with a memory of its own', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await gatewayFrom(file(endpoint.port), { workers: 2 });
  const get = (password: string) =>
    exchange(gateway.port, `GET / HTTP/1.1\r\nHost: h\r\nAuthorization: ${field(password)}\r\n\r\n`);
  const answers = await Promise.all([
    get('secret'),
    get('wrong'),
    get('secret'),
    get('secret'),
    get('wrong'),
  ]);
  assert.deepEqual(
    answers.map((each) => each.status),
    [200, 401, 200, 200, 401],
  );
});
