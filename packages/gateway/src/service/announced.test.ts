/** PROXY headers to endpoints: one connection a request, whoever the client is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { systemClock } from '@ficus/common/clock.ts';
import { Deadlines } from '../net/deadlines.ts';
import { type ProxyHeader, readProxyHeader } from '../net/proxy-header.ts';
import { announcement } from '../testing/announcing.ts';
import { selfSigned } from '../testing/certificates.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer, transport } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';
import { Pool } from './pool.ts';
import { Transport } from './transport.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const { cert, key } = selfSigned('127.0.0.1');

interface Announced extends AsyncDisposable {
  readonly port: number;
  /** Of each connection, in order. */
  readonly headers: ProxyHeader[];
  readonly open: ReadonlySet<Socket>;
}

/** Reads a PROXY header off each connection, then answers each head; over TLS when `secure`. */
async function announcedEndpoint(secure: boolean): Promise<Announced> {
  const headers: ProxyHeader[] = [];
  const open = new Set<Socket>();
  const serve = (socket: Socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const heads = text.split('\r\n\r\n');
      text = heads.pop() as string;
      for (const head of heads) {
        if (/upgrade: websocket/i.test(head)) socket.write(switching(head));
        else socket.write(answer);
      }
    });
    socket.on('error', () => socket.destroy());
  };
  const tls = createTlsServer({ cert, key, ALPNProtocols: ['h2', 'http/1.1'] }, serve);
  tls.on('tlsClientError', () => undefined);
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    let read = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const header = readProxyHeader(read);
      if (header === 'more') return;
      assert.ok(typeof header === 'object' && 'length' in header, JSON.stringify(header));
      headers.push(header);
      socket.off('data', onData);
      socket.pause();
      if (read.length > header.length) socket.unshift(read.subarray(header.length));
      if (secure) tls.emit('connection', socket);
      else {
        serve(socket);
        socket.resume();
      }
    };
    socket.on('data', onData);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    headers,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function switching(head: string): string {
  assert.match(head, /sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==/i);
  const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}\r\n\r\n`;
}

for (const version of [1, 2] as const) {
  for (const secure of [false, true]) {
    test(`version ${version}${secure ? ' before TLS' : ''}: each request on a connection that says whose it is`, async () => {
      await using endpoint = await announcedEndpoint(secure);
      const scheme = secure ? 'https' : 'http';
      await using gateway = await startGateway({
        services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme })])],
        transport: { proxyProtocol: version, insecureSkipVerify: true },
        entryPoint: { proxyProtocol: { insecure: true, trustedIPs: [] } },
      });
      using one = await rawClient(gateway.port);
      one.send(Buffer.concat([announcement(2, { peerAddress: '2001:db8::7' }), Buffer.from(get)]));
      assert.equal((await one.response()).status, 200);
      using other = await rawClient(gateway.port);
      other.send(get);
      assert.equal((await other.response()).status, 200);
      one.send(get);
      assert.equal((await one.response()).status, 200);
      assert.deepEqual(
        endpoint.headers.map(({ client }) => client),
        [
          { address: '2001:db8::7', port: 12_345 },
          { address: '127.0.0.1', port: other.socket.localPort },
          { address: '2001:db8::7', port: 12_345 },
        ],
      );
      assert.deepEqual(endpoint.headers[0]?.destination, { address: '198.51.100.1', port: 443 });
      assert.deepEqual(endpoint.headers[1]?.destination, { address: '127.0.0.1', port: gateway.port });
      await eventually(() => endpoint.open.size === 0, 'no connection is kept');
    });
  }
}

test('a WebSocket is announced, too', async () => {
  await using endpoint = await announcedEndpoint(false);
  await using gateway = await startGateway({ ports: [endpoint.port], transport: { proxyProtocol: 2 } });
  using client = await rawClient(gateway.port);
  const key64 = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  client.send(`GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key64}\r\n\r\n`);
  assert.equal((await client.response()).status, 101);
  assert.equal(endpoint.headers[0]?.client?.port, client.socket.localPort);
});

test('an endpoint that is not there: the same refusal as ever', async () => {
  for (const scheme of ['http', 'https'] as const) {
    await using gateway = await startGateway({
      services: [loadBalancer('s', [endpointModel(1, { scheme })])],
      transport: { proxyProtocol: 1 },
    });
    const response = await exchange(gateway.port, get);
    assert.equal(response.status, 502);
    assert.match(response.body.toString(), /endpoint\.dial"/);
  }
});

test("the gateway's own connections, as for health checks, announce nobody", async () => {
  for (const version of [1, 2] as const) {
    await using endpoint = await announcedEndpoint(false);
    const deadlines = new Deadlines(systemClock);
    const own = new Transport(transport({ proxyProtocol: version }));
    const pool = new Pool({ scheme: 'http', host: '127.0.0.1', port: endpoint.port }, own, deadlines);
    await new Promise<void>((resolve, reject) => {
      pool.dial({ dialed: () => resolve(), dialFailed: (code) => reject(new Error(code)) });
    });
    await eventually(() => endpoint.headers.length === 1, 'the header');
    assert.equal(endpoint.headers[0]?.client, undefined);
    pool.close('gateway.draining');
    deadlines.close();
  }
});
