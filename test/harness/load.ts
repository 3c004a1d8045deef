/** A load client on keep-alive sockets that counts every answer and every failure, while the test does other things. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type LoadReport, Tally } from './load-report.ts';
import { type Answer, ResponseReader } from './response-reader.ts';

export interface LoadOptions {
  readonly url: string;
  /** Connections, each with one request at a time. Default 16. */
  readonly concurrency?: number;
  /** Stops by itself after so many; default: goes on until `stop`. */
  readonly requests?: number;
  /** At most so many requests a second over all connections; default: as fast as they are answered. */
  readonly ratePerSecond?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Response header that says who answered. Default `x-served-by`. */
  readonly servedBy?: string;
  /** An answer that takes longer counts as a failure. Default 15000. */
  readonly timeoutMs?: number;
  /** Certificate roots for https. */
  readonly ca?: string;
}

/** A running load. */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions;
  readonly #url: URL;
  readonly #request: Buffer;
  readonly #servedBy: string;
  readonly #lanes: Promise<void>[];
  #all = new Tally();
  #since = new Tally();
  #left: number;
  #stopping = false;
  #started = performance.now();
  #sent = 0;
  #counters: { readonly requests: number; readonly reached: () => void }[] = [];
  #watchers: { readonly accept: (by: string, answer: Answer) => boolean; readonly found: () => void }[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#servedBy = options.servedBy ?? 'x-served-by';
    this.#request = requestBytes(options, this.#url);
    this.#left = options.requests ?? Number.POSITIVE_INFINITY;
    this.#lanes = Array.from({ length: options.concurrency ?? 16 }, () => this.#lane());
  }

  /** When `requests` was given: resolves after the last one. */
  async finished(): Promise<LoadReport> {
    await Promise.all(this.#lanes);
    return this.#all.report();
  }

  /** Lets what is in flight finish and reports everything since the start. */
  async stop(): Promise<LoadReport> {
    this.#stopping = true;
    return this.finished();
  }

  /** What was counted since the start. */
  report(): LoadReport {
    return this.#all.report();
  }

  /** What was counted since the last `take`, or since the start. */
  take(): LoadReport {
    const report = this.#since.report();
    this.#since = new Tally();
    return report;
  }

  /** How many requests were answered or failed since the last `take`. */
  get sinceTake(): number {
    return this.#since.requests;
  }

  /** Resolves once so many were answered or failed since the last `take`. */
  seen(requests: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.sinceTake >= requests) resolve();
      else this.#counters.push({ requests, reached: resolve });
    });
  }

  /** Resolves at the next answer that `accept` likes, with the monotonic time of its arrival. */
  next(accept: (servedBy: string, answer: Answer) => boolean): Promise<number> {
    return new Promise((resolve) => {
      this.#watchers.push({ accept, found: () => resolve(performance.now()) });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #lane(): Promise<void> {
    let connection: Connection | undefined;
    while (!this.#stopping && this.#left > 0) {
      this.#left -= 1;
      await this.#pace();
      const began = performance.now();
      try {
        connection ??= await Connection.open(this.#url, this.#options.ca);
        const answer = await connection.exchange(this.#request, this.#options.timeoutMs ?? 15_000);
        this.#count(answer, performance.now() - began);
        if (!connection.usable || answer.headers.get('connection') === 'close') {
          connection.close();
          connection = undefined;
        }
      } catch (error) {
        connection?.close();
        connection = undefined;
        this.#failed(error instanceof Failure ? error.kind : `client: ${error}`, performance.now() - began);
      }
      if (connection && !connection.usable) connection = undefined;
    }
    connection?.close();
  }

  /** Waits for this request's turn, when there is a rate. */
  async #pace(): Promise<void> {
    const rate = this.#options.ratePerSecond;
    if (rate === undefined) return;
    const due = this.#started + (this.#sent++ * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  }

  #count(answer: Answer, ms: number): void {
    const by = answer.headers.get(this.#servedBy) ?? '';
    const ok = answer.status >= 200 && answer.status < 400;
    for (const tally of [this.#all, this.#since]) {
      if (ok) tally.ok(by, ms);
      else tally.failed(`status ${answer.status}${codeOf(answer)}`, ms);
    }
    if (this.#watchers.length > 0) {
      this.#watchers = this.#watchers.filter((watcher) => {
        const found = watcher.accept(by, answer);
        if (found) watcher.found();
        return !found;
      });
    }
    this.#counted();
  }

  #failed(kind: string, ms: number): void {
    for (const tally of [this.#all, this.#since]) tally.failed(kind, ms);
    this.#counted();
  }

  #counted(): void {
    if (this.#counters.length === 0) return;
    this.#counters = this.#counters.filter((counter) => {
      if (this.sinceTake < counter.requests) return true;
      counter.reached();
      return false;
    });
  }
}

/** Starts a load at once. */
export function load(options: LoadOptions): Load {
  return new Load(options);
}

/** A request failed, in one of few ways. */
class Failure extends Error {
  readonly kind: string;
  constructor(kind: string) {
    super(kind);
    this.kind = kind;
  }
}

/** Who waits for the answer on a connection. */
interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (failure: Failure) => void;
}

/** One keep-alive connection with one request at a time. */
class Connection {
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #waiting: Waiting | undefined;
  usable = true;

  static open(url: URL, ca: string | undefined): Promise<Connection> {
    const to = { host: url.hostname, port: Number(url.port) };
    return new Promise((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException) => reject(new Failure(`connect ${error.code}`));
      const open = () => {
        socket.removeListener('error', refused);
        resolve(new Connection(socket));
      };
      const socket: Socket =
        url.protocol === 'https:'
          ? connectTls({ ...to, ...(ca === undefined ? {} : { ca }) }, open)
          : connect({ ...to, noDelay: true }, open);
      socket.once('error', refused);
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      try {
        const answer = this.#reader.push(chunk);
        if (answer) this.#settle((waiting) => waiting.resolve(answer));
      } catch (error) {
        this.#broken(`bad response: ${error instanceof Error ? error.message : error}`);
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#broken(`${error.code}${this.#where()}`));
    socket.on('close', () => this.#broken(`closed${this.#where()}`));
    socket.on('end', () => this.#broken(`closed${this.#where()}`));
  }

  exchange(request: Buffer, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#broken('timeout'), timeoutMs);
      const done = <T>(pass: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          pass(value);
        };
      };
      this.#waiting = { resolve: done(resolve), reject: done(reject) };
      if (this.usable) this.#socket.write(request);
      else this.#broken('closed before the request');
    });
  }

  close(): void {
    this.usable = false;
    this.#socket.destroy();
  }

  #where(): string {
    return this.#reader.begun ? ' in the middle of a response' : ' before a response';
  }

  #broken(kind: string): void {
    this.usable = false;
    this.#socket.destroy();
    this.#settle((waiting) => waiting.reject(new Failure(kind)));
  }

  #settle(how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) how(waiting);
  }
}

function requestBytes(options: LoadOptions, url: URL): Buffer {
  const body = Buffer.from(options.body ?? '');
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = options.body === undefined ? '' : `content-length: ${body.length}\r\n`;
  const line = `${options.method ?? 'GET'} ${url.pathname}${url.search} HTTP/1.1\r\n`;
  return Buffer.concat([Buffer.from(`${line}host: ${url.host}\r\n${headers.join('')}${length}\r\n`), body]);
}

/** The stable code of one of our problem documents, to tell one 503 from another. */
function codeOf(answer: Answer): string {
  const code = /"code":\s*"([^"]+)"/.exec(answer.body)?.[1];
  return code === undefined ? '' : ` ${code}`;
}
