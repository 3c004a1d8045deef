/** Checks in mode grpc on the wire: what is sent, whom it trusts, when it gives up, and that it leaves nothing open. */
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { systemClock } from '@ficus/common/clock.ts';
import { tlsPolicy } from '@ficus/pki/tls-policy.ts';
import fc from 'fast-check';
import { Transport } from '../service/transport.ts';
import { selfSigned } from '../testing/certificates.ts';
import { scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { askGrpc, grpcCheck, serving, wayTo } from '../testing/grpc-checks.ts';
import { grpcAnswer, h2Server } from '../testing/h2-servers.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { transport } from '../testing/models.ts';
import { child, childUri, parent, root } from '../testing/uplinks.ts';
import { grpcProbe } from './grpc-probe.ts';
import type { ProbeResult } from './http-verdict.ts';
import { timedProbe } from './timed-probe.ts';

async function listening(t: TestContext, server: Server): Promise<number> {
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

test('SERVING is up, asked as the protocol has it', async () => {
  const bodies: Buffer[] = [];
  await using server = await h2Server((stream) => {
    stream.on('data', (piece: Buffer) => bodies.push(piece));
    stream.on('end', () => grpcAnswer(stream, serving));
  });
  const result = await askGrpc(
    wayTo(server.port, { authority: 'greeter.internal', fields: [['ficus-uplink', 'greeter']] }),
    {
      headers: [
        ['X-Check', '1'],
        ['host', 'no'],
        ['te', 'gzip'],
        ['connection', 'close'],
        ['content-type', 'text/plain'],
        ['ficus-uplink', 'other'],
      ],
    },
  );
  assert.deepEqual(result, { up: true, reason: 'SERVING' });
  assert.deepEqual(Buffer.concat(bodies), Buffer.alloc(5));
  const {
    ':method': method,
    ':path': path,
    ':authority': authority,
    ':scheme': scheme,
    te,
    ...rest
  } = { ...server.requests[0] } as Record<string, string>;
  assert.deepEqual(
    { method, path, authority, scheme, te },
    {
      method: 'POST',
      path: '/grpc.health.v1.Health/Check',
      authority: 'greeter.internal',
      scheme: 'http',
      te: 'trailers',
    },
  );
  assert.deepEqual(Object.fromEntries(Object.entries(rest)), {
    'user-agent': 'ficus-health',
    'grpc-timeout': '5000m',
    'x-check': '1',
    'ficus-uplink': 'greeter',
    'content-type': 'application/grpc',
  });
  await eventually(() => server.open() === 0, 'the connection is closed');
});

test('over TLS, with the transport deciding whom to trust', async () => {
  const { cert, key } = selfSigned('localhost');
  await using server = await h2Server((stream) => grpcAnswer(stream, serving), { cert, key });
  const address = { scheme: 'https' as const, host: '127.0.0.1', port: server.port };
  const trusting = new Transport(transport({ roots: [cert], serverName: 'localhost' }));
  assert.deepEqual(await askGrpc(wayTo(server.port, { address, transport: trusting })), {
    up: true,
    reason: 'SERVING',
  });
  assert.equal(server.requests[0]?.[':scheme'], 'https');
  const { up, reason } = await askGrpc(wayTo(server.port, { address }));
  assert.equal(up, false);
  assert.match(reason, /^endpoint\.tls .*SELF_SIGNED/);
  const broken = new Transport(transport({ roots: ['no certificate'] }));
  assert.match((await askGrpc(wayTo(server.port, { address, transport: broken }))).reason, /^endpoint\.tls /);
  await eventually(() => server.open() === 0, 'the connections are closed');
});

test('through an uplink: both sides prove who they are, and the uplink is named', async () => {
  const roots = [root.certificate];
  const material = tlsPolicy({ roots, alpn: ['h2', 'http/1.1'] });
  await using server = await h2Server((stream) => grpcAnswer(stream, serving), { ...material, ...child });
  const to = (peerUri: string) =>
    wayTo(server.port, {
      address: { scheme: 'https', host: '127.0.0.1', port: server.port },
      transport: new Transport(transport({ roots, certificate: parent, peerUri, minVersion: 'TLSv1.3' })),
      fields: [['ficus-uplink', 'greeter']],
    });
  assert.deepEqual(await askGrpc(to(childUri)), { up: true, reason: 'SERVING' });
  assert.equal(server.requests[0]?.['ficus-uplink'], 'greeter');
  assert.match((await askGrpc(to('spiffe://mesh/child/other'))).reason, /^endpoint\.tls /);
  assert.equal(server.requests.length, 1);
});

test('no answer: down at the deadline, and the connection is closed', async () => {
  const clock = new ManualClock();
  await using server = await h2Server(() => undefined);
  let result: ProbeResult | undefined;
  timedProbe(clock, 700, grpcProbe(wayTo(server.port), { ...grpcCheck, timeoutMs: 700 }), (verdict) => {
    result = verdict;
  });
  await eventually(() => server.requests.length === 1, 'the request came');
  clock.advance(699);
  assert.equal(result, undefined);
  clock.advance(1);
  assert.deepEqual(result, { up: false, reason: 'no answer within 700 ms' });
  await eventually(() => server.open() === 0, 'the connection is closed');
});

test('a server that accepts and stays silent: down at the deadline, and its socket is closed', async () => {
  const clock = new ManualClock();
  await using silent = await scriptedEndpoint(() => undefined);
  let result: ProbeResult | undefined;
  timedProbe(clock, 700, grpcProbe(wayTo(silent.port), grpcCheck), (verdict) => {
    result = verdict;
  });
  await eventually(() => silent.seen().startsWith('PRI * HTTP/2.0'), 'the preface came');
  clock.advance(700);
  assert.equal(result?.reason, 'no answer within 700 ms');
  await eventually(() => silent.sockets.size === 0, 'the socket is closed');
});

test('cancelled: nothing is told and nothing is left', async () => {
  await using server = await h2Server(() => undefined);
  let told = 0;
  const cancel = timedProbe(systemClock, 5000, grpcProbe(wayTo(server.port), grpcCheck), () => told++);
  await eventually(() => server.requests.length === 1, 'the request came');
  cancel();
  await eventually(() => server.open() === 0, 'the connection is closed');
  timedProbe(systemClock, 5000, grpcProbe(wayTo(server.port), grpcCheck), () => told++)();
  assert.equal(told, 0);
});

test('nobody there: down', async (t) => {
  const server = createServer();
  const port = await listening(t, server);
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(await askGrpc(wayTo(port)), { up: false, reason: 'endpoint.dial ECONNREFUSED' });
  const address = { scheme: 'https' as const, host: '127.0.0.1', port };
  assert.deepEqual(await askGrpc(wayTo(port, { address })), {
    up: false,
    reason: 'endpoint.dial ECONNREFUSED',
  });
});

test('a server of HTTP/1.1 alone: down, and the reason says so', async (t) => {
  const plain = await listening(
    t,
    createHttpServer((_, response) => response.end('ok')),
  );
  assert.match(
    (await askGrpc(wayTo(plain))).reason,
    /^endpoint\.malformed the endpoint does not speak HTTP\/2/,
  );
  await using stubborn = await scriptedEndpoint((peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n'));
  assert.match((await askGrpc(wayTo(stubborn.port))).reason, /does not speak HTTP\/2: /);

  const { cert, key } = selfSigned('localhost');
  const trusting = new Transport(transport({ roots: [cert], serverName: 'localhost' }));
  for (const [alpn, reason] of [
    [{ ALPNProtocols: ['http/1.1'] }, /^endpoint\.tls .*NO_APPLICATION_PROTOCOL/],
    [{}, /^endpoint\.tls the endpoint offers no HTTP\/2/],
  ] as const) {
    const server = createTlsServer({ cert, key, ...alpn }, (socket) => socket.on('error', () => undefined));
    server.on('tlsClientError', () => undefined);
    const port = await listening(t, server);
    const address = { scheme: 'https' as const, host: '127.0.0.1', port };
    assert.match((await askGrpc(wayTo(port, { address, transport: trusting }))).reason, reason);
  }
});

test('an answer that is broken off is none, however it ends', async () => {
  const settings = '000000' + '0400' + '00000000';
  const head = '000001' + '0104' + '00000001' + '88';
  for (const end of [
    '000004' + '0300' + '00000001' + '00000008',
    '000004' + '0300' + '00000001' + '00000000',
    '',
  ]) {
    await using endpoint = await scriptedEndpoint((peer) => {
      // The DATA frame of the whole request.
      if (!peer.text().includes('\0\0\x05\0\x01\0\0\0\x01')) return;
      peer.send(Buffer.from(settings + head + end, 'hex'));
      if (end === '') peer.socket.end();
    });
    const { up, reason } = await askGrpc(wayTo(endpoint.port));
    assert.equal(up, false);
    assert.match(reason, end.endsWith('00') ? /^answered with content-type ""/ : /^endpoint\.broke-off/);
    await eventually(() => endpoint.sockets.size === 0, 'the socket is closed');
  }
});

test('any bytes from the endpoint: down, never an exception, and the socket is closed', async () => {
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const bytes = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 }));
  await fc.assert(
    fc.asyncProperty(bytes, async ([greet, random]) => {
      await using garbage = await scriptedEndpoint((peer) => {
        if (greet) peer.send(settings);
        peer.send(Buffer.from(random));
        peer.socket.end();
      });
      assert.equal((await askGrpc(wayTo(garbage.port))).up, false);
      await eventually(() => garbage.sockets.size === 0, 'the socket is closed');
    }),
    { numRuns: 40 },
  );
});
