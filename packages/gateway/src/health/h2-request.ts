/** One request on an HTTP/2 connection of its own, with node:http2: for health checks, a control path, and nothing else. */
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { connect as netConnect, type Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { EndpointModel } from '../model/model.ts';
import type { Transport } from '../service/transport.ts';

/** RFC 9113 §8.2.2: fields of the connection, which HTTP/2 has no place for; and those that `node:http2` writes itself. */
const unwanted = new Set([
  'connection',
  'content-length',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

export interface H2Request {
  /** `https` is dialled with TLS and ALPN `h2` alone, anything else in cleartext with prior knowledge. */
  readonly address: Pick<EndpointModel, 'scheme' | 'host' | 'port'>;
  readonly transport: Pick<Transport, 'options'>;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** Later ones replace earlier ones of the same name; those that HTTP/2 has no place for are left out. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The request is for gRPC: `te: trailers`. */
  readonly trailers: boolean;
  readonly body?: Buffer;
  /** Bytes of the answer's body that are read; the connection is closed there. */
  readonly maxBodyBytes: number;
}

export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  /** At most `maxBodyBytes`. */
  readonly body: Buffer;
  /** There was more. */
  readonly cut: boolean;
}

/** What came of it: an answer, or why there is none, for people: `endpoint.dial ECONNREFUSED`. */
export type H2Outcome = H2Answer | { readonly failure: string };

/** Asks at once. `done` is called once and never from inside this call, unless the returned function cancels first. */
export function h2Request(request: H2Request, done: (outcome: H2Outcome) => void): () => void {
  const one = new Asking(request, done);
  void one.start();
  return () => one.close();
}

class Asking {
  readonly #request: H2Request;
  readonly #done: (outcome: H2Outcome) => void;
  #socket: Socket | undefined;
  #session: ClientHttp2Session | undefined;
  /** The peer's SETTINGS came: it does speak HTTP/2. */
  #greeted = false;
  #headers: IncomingHttpHeaders | undefined;
  #trailers: IncomingHttpHeaders = {};
  #complete = false;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #closed = false;

  constructor(request: H2Request, done: (outcome: H2Outcome) => void) {
    this.#request = request;
    this.#done = done;
  }

  async start(): Promise<void> {
    // Here and not above: nobody pays for node:http2 who has no such check.
    const http2 = await import('node:http2');
    if (this.#closed) return;
    const { host, port, scheme } = this.#request.address;
    const secure = scheme === 'https';
    try {
      const socket = secure
        ? tlsConnect({ ...this.#request.transport.options(host, true), ALPNProtocols: ['h2'], host, port })
        : netConnect({ host, port, noDelay: true });
      this.#socket = socket;
      const closed = () => this.#fail('endpoint.dial closed while connecting');
      socket.on('error', (error) => this.#fail(dialFailure(error, secure)));
      socket.once('close', closed);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        socket.off('close', closed);
        this.#connected(http2.connect, socket);
      });
    } catch (error) {
      // Certificates that don't load.
      this.#fail(`endpoint.tls ${(error as Error).message}`);
    }
  }

  /** Ends it without a result, and the connection with it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Told to be closed first, a session ends its socket instead of resetting it; a peer that stays is not waited for.
    this.#session?.close();
    this.#session?.destroy();
    const socket = this.#socket;
    if (this.#session === undefined) socket?.destroy();
    else setImmediate(() => socket?.destroy());
  }

  #connected(connect: typeof import('node:http2').connect, socket: Socket): void {
    if (this.#closed) return;
    const { scheme } = this.#request.address;
    if (scheme === 'https' && (socket as TLSSocket).alpnProtocol !== 'h2') {
      this.#fail('endpoint.tls the endpoint offers no HTTP/2 (ALPN h2)');
      return;
    }
    const session = connect(scheme === 'https' ? 'https://endpoint' : 'http://endpoint', {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: 16_384 },
      maxSessionMemory: 1,
    });
    this.#session = session;
    session.once('remoteSettings', () => {
      this.#greeted = true;
    });
    session.on('error', (error) => this.#over(error));
    session.once('close', () => this.#over());
    try {
      this.#ask(session);
    } catch (error) {
      this.#fail(`the check cannot be sent: ${(error as Error).message}`);
    }
  }

  #ask(session: ClientHttp2Session): void {
    const { method, path, authority, address, fields, trailers, body } = this.#request;
    const headers: OutgoingHttpHeaders = Object.create(null) as OutgoingHttpHeaders;
    headers[':method'] = method;
    headers[':scheme'] = address.scheme === 'https' ? 'https' : 'http';
    headers[':path'] = path;
    headers[':authority'] = authority;
    for (const [written, value] of fields) {
      const name = written.toLowerCase();
      if (!unwanted.has(name)) headers[name] = value;
    }
    if (trailers) headers['te'] = 'trailers';
    const stream = session.request(headers, { endStream: body === undefined });
    stream.on('response', (answered) => {
      this.#headers = answered;
    });
    stream.on('trailers', (fieldsAfter) => {
      this.#trailers = fieldsAfter;
    });
    stream.on('data', (piece: Buffer) => this.#data(piece));
    stream.on('end', () => {
      // A stream that was reset, or lost its connection, ends too.
      this.#complete = stream.rstCode === 0;
    });
    stream.on('error', (error) => this.#over(error));
    stream.on('close', () => this.#over());
    if (body !== undefined) stream.end(body);
  }

  #data(piece: Buffer): void {
    const room = this.#request.maxBodyBytes - this.#bytes;
    if (piece.length <= room) {
      this.#bytes += piece.length;
      this.#pieces.push(piece);
      return;
    }
    this.#pieces.push(piece.subarray(0, room));
    this.#answer(true);
  }

  /** The stream or the connection ended, whichever is told first; nothing comes after it. */
  #over(error?: Error): void {
    if (this.#complete) this.#answer(false);
    else this.#fail(this.#broken(error));
  }

  #answer(cut: boolean): void {
    const headers = this.#headers;
    if (headers === undefined) {
      this.#fail(this.#broken());
      return;
    }
    this.#settle({
      status: Number(headers[':status']),
      headers,
      trailers: this.#trailers,
      body: Buffer.concat(this.#pieces),
      cut,
    });
  }

  /** What to say of a connection or stream that ended before its answer did. */
  #broken(error?: Error): string {
    const why = error === undefined ? '' : ` ${error.message}`;
    if (!this.#greeted) return `endpoint.malformed the endpoint does not speak HTTP/2${why && `:${why}`}`;
    return this.#headers === undefined ? `endpoint.closed${why}` : `endpoint.broke-off${why}`;
  }

  #fail(failure: string): void {
    this.#settle({ failure });
  }

  #settle(outcome: H2Outcome): void {
    if (this.#closed) return;
    this.close();
    this.#done(outcome);
  }
}

function dialFailure(error: NodeJS.ErrnoException, secure: boolean): string {
  const kind = !secure || error.syscall !== undefined ? 'endpoint.dial' : 'endpoint.tls';
  return `${kind} ${error.code ?? error.message}`;
}
