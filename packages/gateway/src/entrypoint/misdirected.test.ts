import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { tlsClient, tlsModel, tlsOptions } from '../testing/tls-client.ts';

const certificate = selfSigned('a.test', 'b.test', '*.c.test');
const options = [
  tlsOptions('default'),
  tlsOptions('own@file', { alpn: ['http/1.1', 'h2'] }),
  tlsOptions('third@file', { sessionTickets: false }),
];
const hosts = { 'a.test': 'own@file', 'a2.test': 'own@file', '*.c.test': 'third@file' };

test('a request for a host of other TLS options than its connection’s: 421, and the endpoint hears nothing', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: tlsModel(endpoint.port, [certificate], options, hosts) });
  const table = [
    ['a.test', 'a.test', 200],
    ['a.test', 'a2.test', 200],
    ['A.test', 'a.TEST:443', 200],
    ['b.test', 'unknown.test', 200],
    ['', 'b.test', 200],
    ['x.c.test', 'y.c.test', 200],
    ['a.test', 'b.test', 421],
    ['b.test', 'a.test', 421],
    ['', 'a.test', 421],
    ['unknown.test', 'A.TEST.', 421],
    ['b.test', 'x.c.test', 421],
    ['x.c.test', 'x.y.c.test', 421],
  ] as const;
  for (const [name, host, status] of table) {
    using client = await tlsClient(gateway.port, name);
    const answer = await client.get(host);
    assert.equal(answer.status, status, `${name} → ${host}`);
    if (status === 421) {
      assert.equal(JSON.parse(answer.body).code, 'request.misdirected');
      // A client that takes 421 for an answer would otherwise hear nothing else here.
      assert.equal(answer.connection, 'close');
    }
  }
  assert.equal((await gateway.plane.stats()).refusals['request.misdirected'], 6);
});

test('HTTP/2: one request is misdirected, the connection and its other requests are not', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ model: tlsModel(endpoint.port, [certificate], options, hosts) });
  const session = connect(`https://127.0.0.1:${gateway.port}`, {
    servername: 'b.test',
    rejectUnauthorized: false,
  });
  const status = async (host: string): Promise<unknown> => {
    const stream = session.request({ ':authority': host, ':path': '/' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    await once(stream, 'close');
    return headers[':status'];
  };
  assert.equal(await status('b.test'), 200);
  assert.equal(await status('a.test'), 421);
  assert.equal(await status('b.test'), 200);
  session.destroy();
});

test('with the same options for everybody a host is nobody’s business', async () => {
  await using endpoint = await recordingEndpoint();
  const model = tlsModel(endpoint.port, [certificate], options, { 'a.test': 'own@file', '*': 'own@file' });
  await using gateway = await startGateway({ model });
  using client = await tlsClient(gateway.port, 'b.test');
  assert.equal((await client.get('a.test')).status, 200);
});
