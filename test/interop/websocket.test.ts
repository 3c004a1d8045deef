/** WebSocket on every leg: HTTP/1.1 upgrade or RFC 8441 from the client, HTTP/2 in the middle, either at the endpoint. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { after, before, suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { ask, eventually, openSession, type Path, startPath } from '../harness/harness.ts';
import { overStream, type SocketEndpoint, startSocketEndpoint } from './websocket-endpoint.ts';

const mebi = 1024 * 1024;

/** Opens a socket; `refused` has the status when there is none. */
type Open = (
  path: string,
  protocol?: string,
) => Promise<{ socket?: WebSocket; refused?: number; why?: string }>;

/** The `ws` package's own client, over HTTP/1.1. */
function upgrading(base: string, ca: string): Open {
  return (path, protocol) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${base}${path}`, protocol === undefined ? [] : [protocol], {
        ca,
        perMessageDeflate: false,
        maxPayload: 256 * mebi,
      });
      socket.once('open', () => resolve({ socket }));
      socket.once('unexpected-response', (_, response) => {
        response.resume();
        resolve({ refused: response.statusCode ?? 0, why: String(response.headers['x-why']) });
      });
      socket.on('error', reject);
    });
}

/** Extended CONNECT on a node:http2 session. */
function connecting(session: () => ClientHttp2Session): Open {
  return async (path, protocol) => {
    const stream = session().request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': path,
      'sec-websocket-version': '13',
      ...(protocol === undefined ? {} : { 'sec-websocket-protocol': protocol }),
    } as OutgoingHttpHeaders);
    const [head] = await once(stream, 'response');
    if (head[':status'] !== 200) {
      stream.close();
      return { refused: Number(head[':status']), why: String(head['x-why']) };
    }
    const socket = overStream(stream, false);
    socket.on('error', () => undefined);
    return { socket };
  };
}

const clients = [
  'upgrade over HTTP/1.1',
  'upgrade over TLS',
  'RFC 8441 over TLS',
  'RFC 8441 in cleartext',
] as const;

for (const scheme of ['http', 'h2c'] as const) {
  suite(`WebSocket to an ${scheme} endpoint`, () => {
    let endpoint: SocketEndpoint;
    let path: Path;
    let tls: ClientHttp2Session & AsyncDisposable;
    let cleartext: ClientHttp2Session & AsyncDisposable;
    before(async () => {
      endpoint = await startSocketEndpoint(scheme);
      path = await startPath({ url: endpoint.url });
      tls = await openSession(path.tlsUrl, { ca: path.ca });
      cleartext = await openSession(path.url);
      await Promise.all([settled(tls), settled(cleartext)]);
    });
    after(async () => {
      await tls?.[Symbol.asyncDispose]();
      await cleartext?.[Symbol.asyncDispose]();
      await path?.[Symbol.asyncDispose]();
      await endpoint?.[Symbol.asyncDispose]();
    });

    const opens = (client: (typeof clients)[number]): Open => {
      switch (client) {
        case 'upgrade over HTTP/1.1':
          return upgrading(`ws://127.0.0.1:${path.port}`, path.ca);
        case 'upgrade over TLS':
          return upgrading(`wss://localhost:${path.tlsPort}`, path.ca);
        case 'RFC 8441 over TLS':
          return connecting(() => tls);
        default:
          return connecting(() => cleartext);
      }
    };

    test('both public entrypoints say that they take extended CONNECT', () => {
      assert.equal(tls.remoteSettings.enableConnectProtocol, true);
      assert.equal(cleartext.remoteSettings.enableConnectProtocol, true);
    });

    /** The endpoint saw such an end of a socket, after the first `before`. */
    const sees = (end: (said: string) => boolean, before: number) =>
      eventually(() => endpoint.closed.slice(before).some(end), 2000, 'the endpoint to see the end');

    for (const client of clients) {
      suite(client, () => {
        async function open(target: string, protocol?: string): Promise<WebSocket> {
          const { socket, refused } = await opens(client)(target, protocol);
          assert.ok(socket !== undefined, `refused with ${refused}`);
          return socket;
        }

        test('text, binary, empty and 8 MiB there and back; subprotocol and host arrive', async () => {
          const socket = await open('/echo?a=1', 'chat');
          const head = endpoint.heads.at(-1);
          assert.equal(head?.['sec-websocket-protocol'], 'chat');
          assert.match(String(head?.['host'] ?? head?.[':authority']), /^(?:localhost|127\.0\.0\.1):\d+$/);
          assert.equal(head?.['ficus-uplink'], undefined);
          for (const sent of ['text', '', Buffer.from([0, 1, 2]), Buffer.alloc(8 * mebi, 'large')]) {
            const answer = once(socket, 'message');
            socket.send(sent);
            const [data, binary] = await answer;
            assert.equal(binary, Buffer.isBuffer(sent));
            assert.ok((data as Buffer).equals(Buffer.from(sent as string)));
          }
          if (socket.protocol !== '') assert.equal(socket.protocol, 'chat');
          const before = endpoint.closed.length;
          const closed = once(socket, 'close');
          socket.close(3001, 'done');
          const [code] = await closed;
          assert.equal(code, 3001);
          await sees((end) => end === '3001 done', before);
        });

        test('closed by the endpoint, with its code', async () => {
          const [code, reason] = await once(await open('/close'), 'close');
          assert.equal(code, 4001);
          assert.equal(String(reason), 'go away');
        });

        test('a client that breaks off ends the endpoint’s socket', async () => {
          const before = endpoint.closed.length;
          const socket = await open('/echo');
          socket.terminate();
          await sees((end) => end.startsWith('1006'), before);
        });

        test('a refusal passes through', async () => {
          assert.deepEqual(await opens(client)('/refuse'), { refused: 403, why: 'policy' });
        });

        test('a client that does not read holds the endpoint back, and gets all of it', async () => {
          const before = endpoint.flooded();
          const socket = await open('/flood?mib=32');
          let bytes = 0;
          socket.on('message', (data: Buffer) => {
            bytes += data.length;
          });
          socket.pause();
          let sent = -1;
          let since = performance.now();
          await eventually(() => {
            if (endpoint.flooded() !== sent) since = performance.now();
            sent = endpoint.flooded();
            return performance.now() - since > 100;
          });
          console.log('HELD', sent - before);
          assert.ok(sent - before < 32, `${sent - before} MiB left the endpoint`);
          const answer = await ask(tls, '/');
          assert.equal(answer.body.toString(), 'plain /');
          socket.resume();
          const [code] = await once(socket, 'close');
          assert.equal(code, 1000);
          assert.equal(bytes, 32 * mebi);
        });
      });
    }

    test('100 sockets at once, beside 100 requests', async () => {
      const sockets = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const { socket } = await opens(clients[i % clients.length] as (typeof clients)[number])('/echo');
          assert.ok(socket !== undefined);
          return socket;
        }),
      );
      const answers = sockets.map((socket) => once(socket, 'message'));
      sockets.forEach((socket, i) => {
        socket.send(`socket ${i}`);
      });
      const plain = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(tls, `/${i}`)));
      assert.deepEqual(
        plain.map((answer) => answer.body.toString()),
        plain.map((_, i) => `plain /${i}`),
      );
      for (const [i, answer] of answers.entries()) assert.equal(String((await answer)[0]), `socket ${i}`);
      for (const socket of sockets) socket.terminate();
    });
  });
}

/** The server's settings may come after the session is open. */
async function settled(session: ClientHttp2Session): Promise<void> {
  await eventually(() => session.remoteSettings?.enableConnectProtocol, 2000, 'its settings');
}
