/** Asks Prism Central: one JSON document a request, within limits, tried again only where it asks us to. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '@ficus/common/clock.ts';
import type { PrismConfig } from '../config.ts';
import { connector } from './connect.ts';
import { failure, PrismError, refusal } from './error.ts';
import { Connections } from './http.ts';
import type { Login } from './login.ts';
import { Pace, sleep } from './pace.ts';
import { RowScanner } from './row-scanner.ts';

/** Bytes of one answer: a hundred VMs with sixty NICs each have less. */
const maxBytes = 16 * 1024 * 1024;
/** Of these, bytes of one row, or around the rows of a list: as objects they take thirty times as much memory. */
const maxHeld = 1024 * 1024;
/** Times one question is put when Prism Central is busy. */
const attempts = 4;
/** Longest wait that an answer may ask for within a poll; longer ones are for the next poll. */
const longestWaitMs = 10_000;

export interface Question {
  readonly method: 'GET' | 'OPTIONS' | 'POST';
  /** From the root, with query. */
  readonly path: string;
  readonly body?: unknown;
  /** Gets the bytes of a list's rows, one row at a time; in the document the list is then empty. */
  readonly rows?: { readonly key: string; readonly take: (row: Buffer) => void };
}

/** Whom one can ask. */
export interface Asker {
  /** The document that answers with 200. Throws a `PrismError`, or the signal's reason. */
  ask(question: Question, signal: AbortSignal): Promise<unknown>;
}

export class PrismClient implements Asker {
  readonly #config: PrismConfig;
  readonly #login: Login;
  readonly #clock: Clock;
  readonly #pace: Pace;
  #connections: Promise<Connections> | undefined;

  constructor(config: PrismConfig, login: Login, clock: Clock) {
    this.#config = config;
    this.#login = login;
    this.#clock = clock;
    this.#pace = new Pace(clock);
  }

  async ask(question: Question, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#pace.run(signal, () => this.#askWithLogin(question, signal));
      } catch (error) {
        if (!(error instanceof PrismError) || attempt === attempts) throw error;
        const waitMs = waitOf(error, attempt);
        if (waitMs === undefined || waitMs > longestWaitMs) throw error;
        await sleep(this.#clock, waitMs, signal);
      }
    }
  }

  /** Connections made from now on read certificates anew. */
  reconnect(): void {
    const connections = this.#connections;
    this.#connections = undefined;
    void connections?.then((each) => each.close()).catch(() => {});
  }

  async #askWithLogin(question: Question, signal: AbortSignal): Promise<unknown> {
    const { version } = this.#login;
    try {
      return await this.#askOnce(question, signal);
    } catch (error) {
      const refused = error instanceof PrismError && error.code === 'prism.unauthorized';
      if (!refused || !(await this.#login.renew(version))) throw error;
      return await this.#askOnce(question, signal);
    }
  }

  async #askOnce(question: Question, signal: AbortSignal): Promise<unknown> {
    const { method, path, body, rows } = question;
    signal.throwIfAborted();
    const { pollTimeout } = this.#config;
    const what = `${method} ${path.split('?', 1)[0]}`;
    const stop = new AbortController();
    const aborted = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    let timedOut = false;
    const cancel = this.#clock.after(pollTimeout, () => {
      timedOut = true;
      stop.abort();
    });
    try {
      const login = await this.#login.headers();
      this.#connections ??= this.#open();
      const headers = {
        ...login,
        accept: 'application/json',
        'ntnx-request-id': randomUUID(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const connections = await this.#connections;
      const answer = await connections.request(question, headers, stop.signal);
      const good = answer.statusCode === 200;
      const document = await read(answer as AsyncIterable<Buffer>, good ? rows : undefined, what);
      if (!good) {
        throw refusal(answer.statusCode ?? 0, document, what, retryAfter(answer.headers['retry-after']));
      }
      if (document !== undefined) return document;
      throw badAnswer(`${what}: want JSON, got something else`);
    } catch (error) {
      if (signal.aborted && !timedOut) throw signal.reason;
      throw error instanceof Error && 'code' in error && String(error.code).startsWith('prism.')
        ? error
        : failure(error, what, timedOut, pollTimeout);
    } finally {
      cancel();
      signal.removeEventListener('abort', aborted);
    }
  }

  async #open(): Promise<Connections> {
    const { endpoint, pollTimeout: timeoutMs, tls } = this.#config;
    try {
      return new Connections(endpoint, await connector(tls, { timeoutMs, clock: this.#clock }));
    } catch (error) {
      // The file may be there the next time.
      this.#connections = undefined;
      throw error;
    }
  }
}

/** Milliseconds until it may be asked again; absent when asking again is of no use. */
function waitOf({ code, answered, retryAfterMs }: PrismError, attempt: number): number | undefined {
  const busy = code === 'prism.rate-limited' || answered === 503 || answered === 504;
  if (!busy) return undefined;
  return retryAfterMs ?? 250 * 2 ** attempt * (0.5 + Math.random());
}

/** Of a whole number of seconds (RFC 9110, section 10.2.3); dates are not in use there. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  const text = typeof header === 'string' ? header.trim() : '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}

/** The document, undefined when it is none; an error that is no JSON is one all the same. */
async function read(body: AsyncIterable<Buffer>, rows: Question['rows'], what: string): Promise<unknown> {
  const scanner = new RowScanner(rows?.key ?? '', rows?.take ?? (() => {}));
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) throw badAnswer(`${what}: want at most ${maxBytes} bytes, got more`);
      scanner.push(chunk);
      if (rows !== undefined && scanner.held > maxHeld)
        throw badAnswer(`${what}: want at most ${maxHeld} bytes of one row and around the rows, got more`);
    }
    return scanner.end() ?? undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** An answer that is not what the API promises. */
export function badAnswer(message: string): PrismError {
  return new PrismError('prism.bad-answer', message, {
    remedy: 'check that endpoint is Prism Central itself; what was known before stays',
  });
}
