/** What an endpoint speaks: negotiated anew when the last connection is gone, and told when it is not what the url says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { selfSigned } from '../testing/certificates.ts';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import { h2Server } from '../testing/h2-servers.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';
import { exchange } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

async function listening(server: Server | Http2SecureServer, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('an https endpoint that has learned HTTP/2 is offered it once its last connection is gone', async () => {
  const { cert, key } = selfSigned('127.0.0.1');
  const versions: string[] = [];
  const sockets = new Set<TLSSocket>();
  const old = createServer({ cert, key }, (request, response) => {
    versions.push(request.httpVersion);
    response.end();
  });
  old.on('secureConnection', (socket: TLSSocket) => sockets.add(socket));
  const port = await listening(old);
  const renewed = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion);
    response.end();
  });
  renewed.on('session', (session) => session.on('error', () => session.destroy()));
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(port, { scheme: 'https' })])],
    transport: { insecureSkipVerify: true },
  });
  for (let i = 0; i < 2; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
  const closed = once(old, 'close');
  old.close();
  for (const socket of sockets) socket.destroy();
  await closed;
  await listening(renewed, port);
  try {
    for (let i = 0; i < 2; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
    assert.deepEqual(versions, ['1.1', '1.1', '2.0', '2.0']);
  } finally {
    renewed.close();
  }
});

test('an https endpoint that speaks HTTP/1.1 alone goes on with its kept connection', async () => {
  await using endpoint = await scriptedEndpoint(
    answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    selfSigned('127.0.0.1'),
  );
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'https' })])],
    transport: { insecureSkipVerify: true },
  });
  for (let i = 0; i < 4; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
  assert.equal(endpoint.accepted, 1);
});

test('h2c:// to a server of HTTP/1.1 says which url it wants', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port);
  assert.equal(statusOf(await client.get()), 502);
  const log = gateway.log.map(({ fields }) => `${fields['code']} ${fields['detail']}`).join('\n');
  assert.match(log, /endpoint\.malformed .*HTTP\/1\.1.*http:\/\//);
});

test('http:// to a server of HTTP/2 alone is 502 at once', async () => {
  await using endpoint = await h2Server((stream) => stream.respond({}, { endStream: true }));
  await using gateway = await startGateway({ ports: [endpoint.port] });
  assert.equal((await exchange(gateway.port, get)).status, 502);
});
