/** Endpoints for tests: one that a test scripts byte by byte, and one that answers and records. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface TestEndpoint extends AsyncDisposable {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  /** Connections accepted since the start. */
  readonly accepted: number;
}

export interface ScriptedSocket {
  readonly socket: Socket;
  /** All bytes that came on this connection so far, as latin1. */
  text(): string;
  send(data: string | Buffer): void;
  /** Number of the connection, from 0. */
  readonly index: number;
}

/** Runs `script` for every piece of data that comes, with all that came before at hand. */
export async function scriptedEndpoint(
  script: (peer: ScriptedSocket, piece: Buffer) => void,
  tls?: TlsOptions,
): Promise<TestEndpoint & { readonly seen: () => string }> {
  const texts: string[] = [];
  const accept = (socket: Socket) => {
    const index = texts.push('') - 1;
    const peer: ScriptedSocket = {
      socket,
      index,
      text: () => texts[index] as string,
      send: (data) => void socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data),
    };
    socket.on('data', (piece: Buffer) => {
      texts[index] += piece.toString('latin1');
      script(peer, piece);
    });
  };
  const server =
    tls === undefined ? createNetServer({ noDelay: true }, accept) : createTlsServer(tls, accept);
  const endpoint = await listening(server);
  return Object.assign(endpoint, { seen: () => texts.join('') });
}

/** Answers each complete head (bodies not looked at) with `answer`, in order. */
export function answering(
  answer: string | ((head: string, peer: ScriptedSocket) => string | undefined),
): (peer: ScriptedSocket) => void {
  const answered = new Map<number, number>();
  return (peer) => {
    const heads = peer.text().split('\r\n\r\n').slice(0, -1);
    for (let i = answered.get(peer.index) ?? 0; i < heads.length; i++) {
      answered.set(peer.index, i + 1);
      const text = typeof answer === 'string' ? answer : answer(heads[i] as string, peer);
      if (text !== undefined) peer.send(text);
    }
  };
}

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  /** As written, `[name, value, …]`. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly rawTrailers: readonly string[];
}

export interface RecordingEndpoint extends TestEndpoint {
  readonly requests: RecordedRequest[];
}

/** A strict `node:http` server that records whole requests, then answers with `reply`, or `ok` of 2 bytes. */
export async function recordingEndpoint(
  reply?: (request: IncomingMessage, response: ServerResponse, recorded: RecordedRequest) => void,
): Promise<RecordingEndpoint> {
  const requests: RecordedRequest[] = [];
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method = '', url = '', rawHeaders, rawTrailers } = request;
      const recorded = { method, url, rawHeaders, rawTrailers, body: Buffer.concat(pieces) };
      requests.push(recorded);
      if (reply === undefined) response.end('ok');
      else reply(request, response, recorded);
    });
  });
  return Object.assign(await listening(server), { requests });
}

async function listening(server: Server): Promise<TestEndpoint> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket: Socket) => socket.on('error', () => socket.destroy()));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    get accepted() {
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
