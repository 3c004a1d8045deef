import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { announcedTlsClient, announcement } from '../testing/announcing.ts';
import { selfSigned } from '../testing/certificates.ts';
import { type RecordingEndpoint, recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway, type TestGateway } from '../testing/gateway.ts';
import { preface, settingsFrame } from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { rawClient } from '../testing/raw-client.ts';
import { parent, root, toUplink, uplinkModel } from '../testing/uplinks.ts';

const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const loopback = { insecure: false, trustedIPs: ['127.0.0.0/8'] };
const entryPoint = { proxyProtocol: loopback };
const certificate = selfSigned('a.test');
const ca = certificate.cert;

/** X-Forwarded-For of the last request. */
function told(endpoint: RecordingEndpoint): string | undefined {
  const fields = endpoint.requests.at(-1)?.rawHeaders ?? [];
  return fields[fields.indexOf('X-Forwarded-For') + 1];
}

async function refusedHeaders(gateway: TestGateway): Promise<number> {
  return (await gateway.plane.stats()).refusals['proxy.header'] ?? 0;
}

for (const version of [1, 2] as const) {
  test(`version ${version}: the client is the one announced, wherever the bytes are split`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port], entryPoint });
    const bytes = Buffer.concat([announcement(version), Buffer.from(get)]);
    for (let at = 1; at <= bytes.length; at++) {
      using client = await rawClient(gateway.port);
      client.send(bytes.subarray(0, at));
      await new Promise(setImmediate);
      client.send(bytes.subarray(at));
      assert.equal((await client.response()).status, 200);
      assert.equal(told(endpoint), '192.0.2.7');
      // The connection goes on as any other.
      client.send(get);
      assert.equal((await client.response()).status, 200);
    }
  });

  test(`version ${version} before TLS`, async () => {
    await using endpoint = await recordingEndpoint();
    const certificates = [certificate];
    await using gateway = await startGateway({ ports: [endpoint.port], certificates, entryPoint });
    const options = { ca, servername: 'a.test' };
    using client = await announcedTlsClient(gateway.port, announcement(version), options);
    client.send(get);
    assert.equal((await client.response()).status, 200);
    assert.equal(told(endpoint), '192.0.2.7');
  });
}

test('IPv6; LOCAL and UNKNOWN leave the peer as it is', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], entryPoint });
  const ipv6 = announcement(2, { peerAddress: '2001:db8::7' });
  const local = Buffer.from([...announcement(2).subarray(0, 12), 0x20, 0, 0, 0]);
  for (const [header, address] of [
    [ipv6, '2001:db8::7'],
    [local, '127.0.0.1'],
    [Buffer.from('PROXY UNKNOWN\r\n'), '127.0.0.1'],
    [Buffer.alloc(0), '127.0.0.1'],
  ] as const) {
    using client = await rawClient(gateway.port);
    client.send(Buffer.concat([header, Buffer.from(get)]));
    assert.equal((await client.response()).status, 200);
    assert.equal(told(endpoint), address);
  }
});

test('a peer that is not believed: its header is read and forgotten, its request is served', async () => {
  await using endpoint = await recordingEndpoint();
  const proxyProtocol = { insecure: false, trustedIPs: ['10.0.0.0/8'] };
  await using gateway = await startGateway({ ports: [endpoint.port], entryPoint: { proxyProtocol } });
  using client = await rawClient(gateway.port);
  client.send(Buffer.concat([announcement(2), Buffer.from(get)]));
  assert.equal((await client.response()).status, 200);
  assert.equal(told(endpoint), '127.0.0.1');
});

test('insecure believes everyone; without the option a header is no HTTP', async () => {
  await using endpoint = await recordingEndpoint();
  const proxyProtocol = { insecure: true, trustedIPs: [] };
  await using open = await startGateway({ ports: [endpoint.port], entryPoint: { proxyProtocol } });
  using client = await rawClient(open.port);
  client.send(Buffer.concat([announcement(1), Buffer.from(get)]));
  await client.response();
  assert.equal(told(endpoint), '192.0.2.7');
  await using plain = await startGateway({ ports: [endpoint.port] });
  using other = await rawClient(plain.port);
  other.send(Buffer.concat([announcement(1), Buffer.from(get)]));
  await other.untilClosed();
  assert.equal(endpoint.requests.length, 1);
});

test('a malformed header ends the connection, and says from whom it came', async () => {
  await using gateway = await startGateway({ ports: [], entryPoint });
  for (const bad of ['PROXY TCP4 1.1.1.1 1.1.1.2 99999 1\r\n', '\r\n\r\n\0\r\nQUIT\n\x31\x11\x00\x00']) {
    using client = await rawClient(gateway.port);
    client.send(bad);
    await client.untilClosed();
    assert.equal(client.received.length, 0);
  }
  assert.equal(await refusedHeaders(gateway), 2);
  const line = gateway.log.find(({ fields }) => fields['code'] === 'proxy.header');
  assert.match(String(line?.fields['detail']), /^PROXY header: want .* from 127\.0\.0\.1$/);
});

test('a header that does not come to its end, and none at all: closed in time', async () => {
  const clock = new ManualClock();
  await using gateway = await startGateway({ ports: [], entryPoint, clock, limits: { headTimeoutMs: 3000 } });
  using half = await rawClient(gateway.port);
  using silent = await rawClient(gateway.port);
  half.send(announcement(2).subarray(0, 20));
  // Its bytes have come when a whole connection made after it is served.
  using whole = await rawClient(gateway.port);
  whole.send(Buffer.concat([announcement(2), Buffer.from(get)]));
  assert.equal((await whole.response()).status, 503);
  clock.advance(3500);
  await half.untilClosed();
  await silent.untilClosed();
  assert.equal(await refusedHeaders(gateway), 1);
  assert.ok(!whole.closed);
});

test('limits and trust count for the announced address', async () => {
  await using endpoint = await recordingEndpoint();
  const forwardedHeaders = { insecure: false, trustedIPs: ['192.0.2.0/24'] };
  await using gateway = await startGateway({
    ports: [endpoint.port],
    limits: { maxConnectionsPerAddress: 1 },
    entryPoint: { ...entryPoint, forwardedHeaders },
  });
  const request = 'GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n';
  const client = async (header: Buffer) => {
    const one = await rawClient(gateway.port);
    one.send(Buffer.concat([header, Buffer.from(request)]));
    return one;
  };
  using first = await client(announcement(2));
  assert.equal((await first.response()).status, 200);
  assert.equal(told(endpoint), '203.0.113.9, 192.0.2.7');
  using second = await client(announcement(2));
  await second.untilClosed();
  using other = await client(announcement(2, { peerAddress: '198.51.100.9' }));
  assert.equal((await other.response()).status, 200);
  assert.equal(told(endpoint), '198.51.100.9');
});

test('HTTP/2 behind a header, with and without TLS, and uplinks', async () => {
  await using endpoint = await recordingEndpoint();
  await using clear = await startGateway({ ports: [endpoint.port], entryPoint });
  using client = await rawClient(clear.port);
  client.send(Buffer.concat([announcement(2), Buffer.from(preface), settingsFrame([])]));
  await client.until(() => client.received.length >= 9 && client.received[3] === 4, 'SETTINGS');
  const certificates = [certificate];
  await using secure = await startGateway({ ports: [endpoint.port], certificates, entryPoint });
  const h2 = { ca, servername: 'a.test', ALPNProtocols: ['h2'] };
  using tls = await announcedTlsClient(secure.port, announcement(1), h2);
  assert.equal((tls.socket as TLSSocket).alpnProtocol, 'h2');
  await using uplink = await startGateway({ model: uplinkModel({ ports: [endpoint.port], entryPoint }) });
  const options = { ca: [root.certificate], ...parent, checkServerIdentity: () => undefined };
  using above = await announcedTlsClient(uplink.port, announcement(2), options);
  above.send(toUplink('shop', '/a'));
  assert.equal((await above.response()).status, 200);
  assert.equal(told(endpoint), '192.0.2.7');
});

test('a gateway that stops closes those that have not said who they are', async () => {
  const gateway = await startGateway({ ports: [], entryPoint });
  using client = await rawClient(gateway.port);
  client.send('PROXY');
  await gateway[Symbol.asyncDispose]();
  await client.untilClosed();
});
