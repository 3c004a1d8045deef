/** Requests that change something in Prism Central, and what is read around them: with ETags, request ids and one deadline. */
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { plain } from '@ficus/common/plain-text.ts';
import type { Dispatcher } from 'undici';
import { connector } from '../api/connect.ts';
import { failure, member, PrismError, refusal } from '../api/error.ts';
import { Login } from '../api/login.ts';
import { sleep } from '../api/pace.ts';
import type { PrismConfig } from '../config.ts';

/** Of one request. */
const timeoutMs = 30_000;
const maxBytes = 4 * 1024 * 1024;
/** Times a request is sent when nobody answers, or everybody is busy. */
const attempts = 6;
/** Newest first. */
const versions = ['v4.1', 'v4.0'] as const;

/** A document, and the version of the entity in it. */
export interface Called {
  readonly document: unknown;
  readonly etag: string | undefined;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export class PrismCalls {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly #config: PrismConfig;
  readonly #login: Login;
  readonly #until: number;
  #agent: Promise<Dispatcher> | undefined;

  constructor(
    config: PrismConfig,
    options: { readonly clock: Clock; readonly deadlineMs: number; readonly signal: AbortSignal },
  ) {
    this.#config = config;
    this.#login = new Login(config.login);
    this.clock = options.clock;
    this.signal = options.signal;
    this.#until = options.clock.monotonic() + options.deadlineMs;
  }

  /** Milliseconds until the deadline; negative after it. */
  leftMs(): number {
    return this.#until - this.clock.monotonic();
  }

  async get(path: string): Promise<Called> {
    return await this.#patiently({ method: 'GET', path, headers: {} });
  }

  /**
   * The same request id in every attempt: Prism Central answers it with the same task. Throws `prism.etag-mismatch` when
   * `ifMatch` is stale.
   */
  async post(
    path: string,
    options: { readonly body?: unknown; readonly requestId: string; readonly ifMatch?: string },
  ): Promise<Called> {
    const { body, requestId, ifMatch } = options;
    const headers = {
      'ntnx-request-id': requestId,
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    };
    return await this.#patiently({ method: 'POST', path, headers, ...(body === undefined ? {} : { body }) });
  }

  /** What is there in the newest version that both sides know; `rest` such as `config/subnets`, `query` may be empty. */
  async newest(
    namespace: string,
    rest: string,
    query: string,
  ): Promise<{ readonly document: unknown; readonly version: string }> {
    for (const version of versions) {
      try {
        const path = `/api/${namespace}/${version}/${rest}`;
        const { document } = await this.get(query === '' ? path : `${path}?${query}`);
        return { document, version };
      } catch (error) {
        const missing = error instanceof PrismError && error.answered === 404;
        if (!missing || version === versions.at(-1)) throw error;
      }
    }
    throw new Error('unreachable: the last version returns or throws');
  }

  close(): void {
    void this.#agent?.then((agent) => agent.destroy()).catch(() => {});
  }

  async #patiently(request: Request): Promise<Called> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request);
      } catch (error) {
        this.signal.throwIfAborted();
        if (!(error instanceof PrismError) || attempt === attempts) throw error;
        const waitMs = waitOf(error, attempt);
        if (waitMs === undefined || waitMs > this.leftMs()) throw error;
        await sleep(this.clock, waitMs, this.signal);
      }
    }
  }

  async #once({ method, path, headers, body }: Request): Promise<Called> {
    const what = `${method} ${plain(path.split('?', 1)[0] ?? '', 200)}`;
    // Real time: what a test's clock makes of waiting must not cut an answer short.
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      this.#agent ??= this.#connect();
      const dispatcher = await this.#agent;
      const login = await this.#login.headers();
      const { request } = await import('undici');
      const answer = await request(new URL(path, this.#config.endpoint), {
        dispatcher,
        method,
        headers: {
          ...login,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([timeout, this.signal]),
      });
      const document = await readJson(answer.body as AsyncIterable<Buffer>);
      const retryAfter = String(answer.headers['retry-after'] ?? '').trim();
      const { statusCode: status } = answer;
      if (status !== 200 && status !== 201 && status !== 202) {
        const seconds = /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
        throw mismatch(document, what, status) ?? refusal(status, document, what, seconds);
      }
      if (document === undefined)
        throw new PrismError('prism.bad-answer', `${what}: want JSON, got something else`, {
          remedy: 'check that endpoint is Prism Central itself',
        });
      const { etag } = answer.headers;
      return { document, etag: typeof etag === 'string' ? etag : undefined };
    } catch (error) {
      if (error instanceof FicusError) throw error;
      if (this.signal.aborted) throw this.signal.reason;
      throw failure(error, what, timeout.aborted, timeoutMs);
    }
  }

  async #connect(): Promise<Dispatcher> {
    const connect = await connector(this.#config.tls, { timeoutMs, clock: systemClock });
    const { Agent } = await import('undici');
    return new Agent({ connect, connections: 1, pipelining: 1 });
  }
}

/** An entity that something else changed; by its name also what tasks fail of. */
export function isMismatch(error: unknown): boolean {
  const code = member(error, 'code');
  return code === 'VMM-30303' || code === 'PLAT-10005' || member(error, 'errorGroup') === 'VM_ETAG_MISMATCH';
}

function mismatch(document: unknown, what: string, status: number): PrismError | undefined {
  const errors = member(member(document, 'data'), 'error');
  const first = Array.isArray(errors) ? errors[0] : errors;
  if (status !== 412 && !isMismatch(first)) return undefined;
  return new PrismError('prism.etag-mismatch', `${what}: something else changes the VM at the same time`, {
    answered: status,
    remedy: 'find out what changes the VM, and try again',
  });
}

/** Milliseconds until a request may be sent again; absent when that is of no use. */
function waitOf({ code, answered, retryAfterMs }: PrismError, attempt: number): number | undefined {
  const busy = code === 'prism.rate-limited' || [408, 503, 504].includes(answered);
  const lost = code === 'prism.unreachable' || code === 'prism.timeout';
  return busy || lost ? (retryAfterMs ?? 250 * 2 ** attempt) : undefined;
}

/** Undefined when it is no JSON, or too much. */
async function readJson(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) ?? undefined;
  } catch {
    return undefined;
  }
}
