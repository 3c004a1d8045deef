/** A client that sends exactly the bytes a test gives it. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { within } from './eventually.ts';
import { type ReadResponse, takeResponse } from './response-reader.ts';

export class RawClient implements Disposable {
  readonly socket: Socket;
  received: Buffer = Buffer.alloc(0);
  /** The peer ended or reset the connection. */
  closed = false;
  /** Ended by FIN; false when reset. */
  cleanEnd = false;
  error = '';
  #wake: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#changed();
    });
    socket.on('end', () => {
      this.cleanEnd = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  send(data: string | Buffer): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Resolves when `ready`, asked at every change, says so; rejects with what came instead. */
  async until(ready: () => boolean, what: string, ms = 5000): Promise<void> {
    await within(
      (async () => {
        while (!ready()) await new Promise<void>((resolve) => this.#wake.push(resolve));
      })(),
      what,
      ms,
    ).catch((error: Error) => {
      const got = JSON.stringify(this.received.toString('latin1').slice(0, 400));
      throw new Error(`${error.message}; got ${got}, closed ${this.closed} ${this.error}`);
    });
  }

  /** The next response to a request with `method`, 1xx included. */
  async response(method = 'GET'): Promise<ReadResponse> {
    let taken: ReturnType<typeof takeResponse>;
    await this.until(() => {
      taken = takeResponse(this.received, method, this.closed && this.cleanEnd && this.error === '');
      return taken !== undefined || this.closed;
    }, `a response to ${method}`);
    if (taken === undefined) {
      const got = JSON.stringify(this.received.toString('latin1').slice(0, 200));
      throw new Error(`closed (${this.error}) instead of a whole response, after ${got}`);
    }
    this.received = this.received.subarray(taken.size);
    return taken.response;
  }

  /** Resolves when the peer has closed the connection. */
  async untilClosed(): Promise<void> {
    await this.until(() => this.closed, 'the connection to close');
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export async function rawClient(port: number): Promise<RawClient> {
  const client = new RawClient(connect({ host: '127.0.0.1', port, noDelay: true }));
  await within(once(client.socket, 'connect'), 'the connection');
  return client;
}

export async function rawTlsClient(
  port: number,
  options: { readonly ca: string; readonly servername: string },
): Promise<RawClient> {
  const client = new RawClient(tlsConnect({ host: '127.0.0.1', port, ...options }));
  await within(once(client.socket, 'secureConnect'), 'the TLS handshake');
  return client;
}

/** Sends `request` on a connection of its own and reads the one response. */
export async function exchange(port: number, request: string | Buffer): Promise<ReadResponse> {
  using client = await rawClient(port);
  client.send(request);
  return await client.response(String(request).split(' ', 1)[0]);
}
