import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import fc from 'fast-check';
import { selfSigned } from '../testing/certificates.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { RawClient, rawClient } from '../testing/raw-client.ts';
import { tlsGet, tlsModel, tlsOptions } from '../testing/tls-client.ts';
import { canonicalServerName, longestHello, serverNameOf } from './client-hello.ts';

/** The first bytes that Node itself sends with these options. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...options });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

const hello = await helloOf({ servername: 'shop.example.com', ALPNProtocols: ['h2'] });

/** The same message in records of at most `size` bytes. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece);
  }
  return Buffer.concat(records);
}

test('the server name of real clients', async () => {
  assert.equal(serverNameOf(hello), 'shop.example.com');
  assert.equal(serverNameOf(await helloOf({})), '');
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    assert.equal(
      serverNameOf(await helloOf({ servername: 'SHOP.Example.com', maxVersion })),
      'shop.example.com',
    );
  assert.equal(canonicalServerName('A.b.'), 'a.b');
});

test('more is asked for at every cut, and only there; records may cut anywhere', () => {
  for (let cut = 0; cut < hello.length; cut++)
    assert.equal(serverNameOf(hello.subarray(0, cut)), undefined, `${cut}`);
  for (const size of [40, 100, 300]) {
    const cut = Buffer.concat([inRecords(hello.subarray(0, 8), 1), inRecords(hello.subarray(3), size)]);
    assert.equal(serverNameOf(cut), 'shop.example.com');
    assert.equal(serverNameOf(cut.subarray(0, -1)), undefined);
  }
  assert.equal(serverNameOf(Buffer.concat([hello, Buffer.from('early data')])), 'shop.example.com');
});

test('what is no ClientHello has no name, at the first byte that tells', () => {
  for (const text of [
    'G',
    'GET / HTTP/1.1\r\n\r\n',
    '\x16\x02',
    '\x16\x03\x01\x00\x00',
    '\x16\x03\x01\xff\xff',
  ])
    assert.equal(serverNameOf(Buffer.from(text, 'latin1')), '', text);
  // A ServerHello, and a hello of 16 MiB.
  assert.equal(serverNameOf(Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0])), '');
  assert.equal(serverNameOf(Buffer.from([22, 3, 3, 0, 4, 1, 255, 255, 255])), '');
  // One that says it is nearly as long as may be, in records of one byte.
  const long = inRecords(
    Buffer.concat([Buffer.alloc(5), Buffer.from([1, 0, 0xff, 0]), Buffer.alloc(20_000)]),
    1,
  );
  assert.ok(long.length > longestHello);
  assert.equal(serverNameOf(long), '');
  assert.equal(serverNameOf(inRecords(hello, 2)), '', 'cut finer than anybody does');
});

test('any bytes: a name, none, or more wanted; never a throw, never a name from outside the message', () => {
  const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array));
  const answers = (input: Buffer) => {
    const name = serverNameOf(input);
    assert.ok(name === undefined || input.toString('latin1').toLowerCase().includes(name));
  };
  fc.assert(fc.property(bytes, answers));
  fc.assert(
    fc.property(bytes, (body) => answers(Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252]), body]))),
  );
  const flip = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(flip, (changes) => {
      const changed = Buffer.from(hello);
      for (const [at, value] of changes) changed[at] = value;
      answers(changed);
    }),
  );
});

const options = [tlsOptions('default'), tlsOptions('new@file', { minVersion: 'TLSv1.3' })];
const certificate = selfSigned('a.test');

test('a ClientHello that comes in pieces, byte by byte and record by record', async () => {
  await using endpoint = await recordingEndpoint();
  const model = tlsModel(endpoint.port, [certificate], options, { 'a.test': 'new@file' });
  await using gateway = await startGateway({ model });
  for (const cut of [(bytes: Buffer) => bytes, (bytes: Buffer) => inRecords(bytes, 50)]) {
    // Between client and gateway: takes the first flight apart, then lets everything through.
    const between = createServer((socket) => {
      socket.once('data', async (first: Buffer) => {
        socket.pause();
        using client = new RawClient(socket);
        const through = await rawClient(gateway.port);
        for (const byte of cut(first)) {
          through.send(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
        through.socket.removeAllListeners('data');
        socket.removeAllListeners('data');
        through.socket.pipe(socket);
        socket.pipe(through.socket);
        await once(socket, 'close');
        through[Symbol.dispose]();
        void client;
      });
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const outcome = await tlsGet((between.address() as AddressInfo).port, 'a.test');
    assert.deepEqual([outcome.status, outcome.protocol], [200, 'TLSv1.3']);
    between.close();
  }
});

test('a PROXY header before the ClientHello, in one piece and in two', async () => {
  await using endpoint = await recordingEndpoint();
  const plain = tlsModel(endpoint.port, [certificate], options, { 'a.test': 'new@file' });
  const proxyProtocol = { insecure: true, trustedIPs: [] };
  const model = { ...plain, entryPoints: plain.entryPoints.map((each) => ({ ...each, proxyProtocol })) };
  await using gateway = await startGateway({ model });
  const header = Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 12345 443\r\n');
  for (const pause of [false, true]) {
    const between = createServer((socket) => {
      const through = createConnection({ host: '127.0.0.1', port: gateway.port }, () => {
        through.write(header);
        if (pause) setTimeout(() => socket.pipe(through), 20);
        else socket.pipe(through);
      });
      through.on('error', () => socket.destroy()).pipe(socket);
      socket.on('error', () => through.destroy());
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const { port } = between.address() as AddressInfo;
    const outcome = await tlsGet(port, 'a.test');
    assert.deepEqual([outcome.status, outcome.protocol], [200, 'TLSv1.3']);
    assert.ok(endpoint.requests.at(-1)?.rawHeaders.includes('192.0.2.7'));
    await assert.rejects(tlsGet(port, 'a.test', { maxVersion: 'TLSv1.2' }), /PROTOCOL_VERSION/);
    between.close();
  }
});

test('who says nothing, half a ClientHello or nonsense is refused, counted and forgotten', async () => {
  const clock = new ManualClock();
  const model = tlsModel(1, [certificate], options, { 'a.test': 'new@file' });
  await using gateway = await startGateway({ model, clock });
  using silent = await rawClient(gateway.port);
  using half = await rawClient(gateway.port);
  half.send(hello.subarray(0, 100));
  using left = await rawClient(gateway.port);
  left.send(hello.subarray(0, 5));
  left.socket.end();
  await left.untilClosed();
  using nonsense = await rawClient(gateway.port);
  nonsense.send('GET / HTTP/1.1\r\n\r\n');
  await nonsense.untilClosed();
  assert.equal(silent.closed || half.closed, false);
  clock.advance(10_500);
  await Promise.all([silent.untilClosed(), half.untilClosed()]);
  const refused = async () => (await gateway.plane.stats()).refusals['tls.handshake'];
  assert.equal(await refused(), 4);
});

test('a gateway that ends does not wait for a ClientHello', async () => {
  const model = tlsModel(1, [certificate], options, { 'a.test': 'new@file' });
  const gateway = await startGateway({ model });
  using waiting = await rawClient(gateway.port);
  waiting.send(hello.subarray(0, 50));
  await eventually(() => waiting.socket.bytesWritten === 50, 'the half to be sent');
  await new Promise((resolve) => setImmediate(resolve));
  await gateway[Symbol.asyncDispose]();
  await waiting.untilClosed();
});
