/** A load of HTTP/2 streams: keeps so many open on one session, goes to a new one when told to, counts every failure. */
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import { read } from './h2-client.ts';

export interface H2LoadOptions {
  readonly url: string;
  /** Streams open at once. Default 64. */
  readonly streams?: number;
  readonly ca?: string;
  readonly path?: string;
  /** An answer that takes longer counts as a failure. Default 15000. */
  readonly timeoutMs?: number;
}

/** What was counted. */
export interface H2LoadReport {
  ok: number;
  /** By what went wrong. */
  readonly failures: Record<string, number>;
  /** Answers by the `x-served-by` header. */
  readonly servedBy: Record<string, number>;
  /** Sessions that were opened. */
  sessions: number;
  /**
   * Streams refused because of a goodbye, asked again on the next session: no failure. Usually nghttp2's own word for what
   * it had not sent yet when the GOAWAY came.
   */
  refused: number;
}

/** A running load of GET requests. */
export class H2Load implements AsyncDisposable {
  readonly report: H2LoadReport = { ok: 0, failures: {}, servedBy: {}, sessions: 0, refused: 0 };
  readonly #options: H2LoadOptions;
  readonly #lanes: Promise<void>[];
  #session: ClientHttp2Session | undefined;
  #stopping = false;

  constructor(options: H2LoadOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.streams ?? 64 }, () => this.#lane());
  }

  /** Lets what is in flight finish. */
  async stop(): Promise<H2LoadReport> {
    this.#stopping = true;
    await Promise.all(this.#lanes);
    this.#session?.close();
    return this.report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The session that takes new streams: another one as soon as a GOAWAY came. */
  #open(): ClientHttp2Session {
    const current = this.#session;
    if (current !== undefined && !current.closed && !current.destroyed) return current;
    const options: SecureClientSessionOptions =
      this.#options.ca === undefined ? {} : { ca: this.#options.ca };
    const session = connect(this.#options.url, options);
    this.report.sessions++;
    this.#session = session;
    const leave = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on('goaway', leave);
    session.on('close', leave);
    session.on('error', leave);
    return session;
  }

  async #lane(): Promise<void> {
    while (!this.#stopping) {
      let code = 0;
      try {
        const stream = this.#open().request({ ':path': this.#options.path ?? '/' });
        stream.on('close', () => {
          code = stream.rstCode;
        });
        stream.setTimeout(this.#options.timeoutMs ?? 15_000, () => stream.destroy(new Error('timeout')));
        const { status, headers } = await read(stream);
        if (status !== 200) this.#failed(`status ${status} ${headers['content-type'] ?? ''}`);
        else {
          this.report.ok++;
          const by = String(headers['x-served-by'] ?? '');
          this.report.servedBy[by] = (this.report.servedBy[by] ?? 0) + 1;
        }
      } catch (error) {
        const { code: name, message } = error as NodeJS.ErrnoException;
        // RFC 9113 §8.7: REFUSED_STREAM, and what a GOAWAY leaves out, was not processed.
        if (code === 7 || name === 'ERR_HTTP2_GOAWAY_SESSION') this.report.refused++;
        else this.#failed(`${name ?? ''} ${message}`);
      }
    }
  }

  #failed(kind: string): void {
    this.report.failures[kind] = (this.report.failures[kind] ?? 0) + 1;
  }
}

/** Starts a load at once. */
export function h2Load(options: H2LoadOptions): H2Load {
  return new H2Load(options);
}
