/** WebSocket endpoints with the `ws` package: over HTTP/1.1, and over HTTP/2 as RFC 8441 has it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import {
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** A started endpoint. */
export interface SocketEndpoint extends AsyncDisposable {
  readonly url: string;
  /** Code and reason of each socket that a client closed. */
  readonly closed: readonly string[];
  /** Heads of what was accepted. */
  readonly heads: readonly Readonly<Record<string, string | string[] | undefined>>[];
  /** MiB that `/flood` has sent. */
  readonly flooded: () => number;
}

const big = 256 * 1024 * 1024;

/** `/echo` sends back, `/close` closes with 4001, `/flood?mib=` sends so much, `/refuse` is answered 403, the rest as `/echo`. */
export async function startSocketEndpoint(scheme: 'http' | 'h2c'): Promise<SocketEndpoint> {
  const closed: string[] = [];
  const heads: Readonly<Record<string, string | string[] | undefined>>[] = [];
  const open = new Set<WebSocket>();
  const cleanUp: (() => void)[] = [];
  let flooded = 0;
  const serve = (socket: WebSocket, path: string) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      open.delete(socket);
      closed.push(`${code} ${reason}`);
    });
    const url = new URL(path, 'http://endpoint');
    if (url.pathname === '/close') return socket.close(4001, 'go away');
    if (url.pathname === '/flood')
      return void flood(socket, Number(url.searchParams.get('mib')), () => flooded++);
    socket.on('message', (data: Buffer, binary) => socket.send(data, { binary }));
  };

  const server: Server = scheme === 'http' ? overHttp1(heads, serve) : overHttp2(heads, serve, cleanUp);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closed,
    heads,
    flooded: () => flooded,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.terminate();
      for (const one of cleanUp) one();
      if ('closeAllConnections' in server) (server.closeAllConnections as () => void)();
      server.close();
    },
  };
}

type Serve = (socket: WebSocket, path: string) => void;
type Heads = Readonly<Record<string, string | string[] | undefined>>[];

function overHttp1(heads: Heads, serve: Serve): Server {
  const server = createServer((request, response) => {
    request.resume();
    response.end(`plain ${request.url}`);
  });
  const sockets = new WebSocketServer({
    server,
    maxPayload: big,
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
    verifyClient: ({ req }: { req: IncomingMessage }, decide) =>
      decide(req.url !== '/refuse', 403, 'not for you', { 'x-why': 'policy' }),
  });
  sockets.on('connection', (socket, request) => {
    heads.push(request.headers);
    serve(socket, request.url ?? '/');
  });
  return server;
}

function overHttp2(heads: Heads, serve: Serve, cleanUp: (() => void)[]): Server {
  const server = createHttp2Server({ settings: { enableConnectProtocol: true } });
  server.on('session', (session: ServerHttp2Session) => {
    session.on('error', () => undefined);
    cleanUp.push(() => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream, head) => {
    stream.on('error', () => undefined);
    const path = String(head[':path']);
    if (head[':method'] !== 'CONNECT' || head[':protocol'] !== 'websocket') {
      stream.respond({ ':status': 200 });
      stream.end(`plain ${path}`);
      return;
    }
    if (path === '/refuse') {
      stream.respond({ ':status': 403, 'x-why': 'policy' });
      stream.end('not for you');
      return;
    }
    heads.push(head);
    const offered = String(head['sec-websocket-protocol'] ?? '').includes('chat');
    stream.respond({ ':status': 200, ...(offered ? { 'sec-websocket-protocol': 'chat' } : {}) });
    serve(overStream(stream, true), path);
  });
  return server;
}

/** The `ws` protocol machine on an HTTP/2 stream: what RFC 8441 §5 means by "the stream is the connection". */
export function overStream(stream: object, isServer: boolean): WebSocket {
  const Machine = WebSocket as unknown as new (
    address: null,
    protocols: undefined,
    options: object,
  ) => WebSocket & {
    _isServer: boolean;
    setSocket(socket: Socket, head: Buffer, options: object): void;
  };
  const socket = new Machine(null, undefined, { closeTimeout: 5000 });
  socket._isServer = isServer;
  const like: unknown = Object.assign(stream, { setTimeout: () => stream, setNoDelay: () => stream });
  socket.setSocket(like as Socket, Buffer.alloc(0), {
    maxPayload: big,
    skipUTF8Validation: false,
    allowSynchronousEvents: true,
  });
  return socket;
}

async function flood(socket: WebSocket, mebis: number, sent: () => void): Promise<void> {
  const piece = Buffer.alloc(1024 * 1024, 'flood');
  for (let i = 0; i < mebis; i++) {
    await new Promise<void>((resolve) => socket.send(piece, () => resolve()));
    sent();
  }
  socket.close(1000, 'all of it');
}
