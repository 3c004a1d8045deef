/** node:http2 servers for tests of what asks endpoints over HTTP/2, and the two gRPC messages of a health check. */
import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { TlsOptions } from 'node:tls';

export interface H2Server extends AsyncDisposable {
  readonly port: number;
  /** Heads of the requests that came. */
  readonly requests: readonly IncomingHttpHeaders[];
  /** Sessions open now. */
  readonly open: () => number;
}

/** Answers each stream with `answer`, in cleartext, or over TLS with ALPN `h2` alone. */
export async function h2Server(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  tls?: TlsOptions,
): Promise<H2Server> {
  const requests: IncomingHttpHeaders[] = [];
  const sessions = new Set<Http2Session>();
  const server = tls === undefined ? createServer() : createSecureServer({ ...tls, allowHTTP1: false });
  server.on('session', (session: Http2Session) => {
    sessions.add(session);
    session.on('error', () => session.destroy());
    session.on('close', () => sessions.delete(session));
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    requests.push(headers);
    stream.on('error', () => undefined);
    answer(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    open: () => sessions.size,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      const closed = once(server as Server, 'close');
      server.close();
      await closed;
    },
  };
}

/** A gRPC message: not compressed unless it is said to be. */
export function grpcMessage(bytes: readonly number[], compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, Buffer.from(bytes)]);
}

/** Answers a unary gRPC call with one body and then these trailers. */
export function grpcAnswer(
  stream: ServerHttp2Stream,
  body: Buffer,
  trailers: Readonly<Record<string, string>> = { 'grpc-status': '0' },
): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
  stream.end(body);
}
