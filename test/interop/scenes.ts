/** An endpoint that plays what clients must be able to meet, over HTTP/1.1 or over HTTP/2 in cleartext. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Duplex, Readable } from 'node:stream';

export const mebi = 1024 * 1024;

/** A started endpoint. */
export interface Scenes extends AsyncDisposable {
  readonly url: string;
  /** Requests to `/endless` that were broken off. */
  readonly cancelled: () => number;
  /** Requests to `/endless` that began. */
  readonly begun: () => number;
}

/** Bytes that are the same wherever they are made, so that only their hash is compared. */
export async function* bytes(mebis: number, size = mebi): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(size, 'the whole of it, and in order. ');
  for (let at = 0; at < mebis * mebi; at += size) {
    piece.writeUInt32BE(at);
    yield Buffer.from(piece);
  }
}

/** SHA-256 of `bytes(mebis)`. */
export async function hashOf(mebis: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of bytes(mebis)) hash.update(piece);
  return hash.digest('hex');
}

export async function startScenes(scheme: 'http' | 'h2c'): Promise<Scenes> {
  const count = { begun: 0, cancelled: 0 };
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void play(request, response, count).catch(() => response.destroy());
  };
  const sessions = new Set<ServerHttp2Session>();
  // Node's HTTP/2 server has the same interface as its HTTP/1.1 server, as far as it is used here.
  const server =
    scheme === 'http'
      ? createServer({ maxHeaderSize: 131_072 }, handler)
      : createHttp2Server(
          { maxHeaderListPairs: 256, settings: { maxHeaderListSize: 131_072 } },
          handler as never,
        );
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cancelled: () => count.cancelled,
    begun: () => count.begun,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    },
  };
}

async function play(
  request: IncomingMessage,
  response: ServerResponse,
  count: { begun: number; cancelled: number },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://endpoint');
  switch (url.pathname) {
    case '/echo':
      request.pipe(response);
      return;
    case '/hash': {
      const hash = createHash('sha256');
      for await (const chunk of request) hash.update(chunk as Buffer);
      response.end(hash.digest('hex'));
      return;
    }
    case '/download':
      Readable.from(bytes(Number(url.searchParams.get('mib')))).pipe(response);
      return;
    case '/trailers': {
      let length = 0;
      for await (const chunk of request) length += (chunk as Buffer).length;
      response.setHeader('trailer', 'x-checksum, x-echo');
      response.writeHead(200);
      response.write(`${length} bytes`);
      response.addTrailers({ 'x-checksum': 'abc', 'x-echo': String(request.trailers['x-sent'] ?? 'none') });
      response.end();
      return;
    }
    case '/early':
      response.writeHead(413, { 'content-type': 'text/plain' });
      response.end('too much');
      return;
    case '/endless': {
      count.begun++;
      response.on('close', () => {
        count.cancelled++;
      });
      response.writeHead(200);
      const piece = Buffer.alloc(65_536, 'x');
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
      return;
    }
    case '/broken':
      response.writeHead(200);
      response.write('half of it');
      // As an endpoint that crashes in its middle: without an end.
      setImmediate(() =>
        ('stream' in response ? (response.stream as Duplex) : response).destroy(new Error('broken')),
      );
      return;
    case '/hints':
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      response.end('hinted');
      return;
    default:
      plain(request, response, url);
  }
}

function plain(request: IncomingMessage, response: ServerResponse, url: URL): void {
  request.resume();
  const status = Number(/^\/status\/(\d{3})$/.exec(url.pathname)?.[1] ?? 200);
  if (status === 304) {
    response.writeHead(304, { etag: '"one"' });
    response.end();
  } else if (status === 204) {
    response.writeHead(204);
    response.end();
  } else {
    const text = JSON.stringify({ method: request.method, path: request.url, headers: request.headers });
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'X-Mixed-Case': 'Kept',
      'set-cookie': ['a=1', 'b=2'],
    });
    response.end(request.method === 'HEAD' ? '' : text);
  }
}
