/** A bare HTTP/1.1 client connection for small answers, so that the client's own cost hides little. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer's head and body together; more is refused. */
const MAX_ANSWER = 64 * 1024;

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Waiter {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** One keep-alive connection, one request at a time. Answers must state a content-length. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #request: string;
  #received = '';
  #waiter: Waiter | undefined;
  /** False once the connection broke or the other side said it closes. */
  usable = true;

  private constructor(socket: Socket, url: URL, bodyBytes: number) {
    this.#socket = socket;
    const [method, length] = bodyBytes === 0 ? ['GET', ''] : ['POST', `content-length: ${bodyBytes}\r\n`];
    const head = `${method} ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n${length}\r\n`;
    this.#request = head + 'f'.repeat(bodyBytes);
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection closed')));
  }

  /** Connects to the host of `url`. With `bodyBytes` its requests are POSTs with so long a body, else GETs. */
  static async open(url: URL, bodyBytes = 0): Promise<HttpConnection> {
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    return new HttpConnection(socket, url, bodyBytes);
  }

  /** The client's own port: what tells this connection from others at the gateway. */
  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Sends a request and resolves when the whole answer is here; rejects when the connection breaks. */
  ask(): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiter = { resolve, reject };
    if (this.usable) this.#socket.write(this.#request);
    else this.#fail(new Error('the connection is closed'));
    return promise;
  }

  #read(chunk: string): void {
    this.#received += chunk;
    const answer = parseAnswer(this.#received);
    if (answer === undefined && this.#received.length <= MAX_ANSWER) return;
    const waiter = this.#waiter;
    if (answer === undefined || answer.length !== this.#received.length || waiter === undefined) {
      this.#fail(new Error('an answer that this client does not understand'));
      return;
    }
    this.#received = '';
    this.#waiter = undefined;
    if (answer.closes) this.close();
    waiter.resolve(answer);
  }

  #fail(error: Error): void {
    this.close();
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  /** Ends the connection; a request under way is rejected. */
  close(): void {
    this.usable = false;
    this.#socket.destroy();
  }
}

/** The first answer in `text` once it is whole, its length and whether the connection ends with it. */
export function parseAnswer(text: string): (Answer & { length: number; closes: boolean }) | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? Number.NaN);
  const body = Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? Number.NaN);
  if (!Number.isInteger(status) || !Number.isInteger(body) || text.length < end + 4 + body) return undefined;
  const length = end + 4 + body;
  return { status, body: text.slice(end + 4, length), length, closes: /\r\nconnection:\s*close/i.test(head) };
}
