/** Reads HTTP/1.1 responses off a socket for the load client: small, fast, and strict about what it accepts. */

/** One whole response. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const endOfHead = Buffer.from('\r\n\r\n');

/** Collects the bytes of one response at a time. Only what answers a request that is not HEAD. */
export class ResponseReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes bytes; returns the response once it is whole. Throws when it is none. */
  push(chunk: Buffer): Answer | undefined {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const end = this.#bytes.indexOf(endOfHead);
    if (end < 0) return undefined;
    const head = this.#bytes.toString('latin1', 0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(head[0] ?? '')?.[1]);
    if (!status) throw new Error(`not a response: ${head[0]}`);
    const headers = new Map<string, string>();
    for (const line of head.slice(1)) {
      const colon = line.indexOf(':');
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const body = this.#body(end + 4, status, headers);
    return body === undefined ? undefined : { status, headers, body };
  }

  /** True when bytes of an unfinished response are there. */
  get begun(): boolean {
    return this.#bytes.length > 0;
  }

  #body(start: number, status: number, headers: ReadonlyMap<string, string>): string | undefined {
    if (status === 204 || status === 304) return this.#finish(start, '');
    if (headers.get('transfer-encoding') === 'chunked') return this.#chunked(start);
    const length = Number(headers.get('content-length'));
    if (!Number.isSafeInteger(length)) throw new Error('a response without length on a kept connection');
    if (this.#bytes.length < start + length) return undefined;
    return this.#finish(start + length, this.#bytes.toString('utf8', start, start + length));
  }

  #chunked(start: number): string | undefined {
    let at = start;
    let body = '';
    for (;;) {
      const line = this.#bytes.indexOf('\r\n', at, 'latin1');
      if (line < 0) return undefined;
      const size = Number.parseInt(this.#bytes.toString('latin1', at, line), 16);
      if (Number.isNaN(size)) throw new Error('a bad chunk size');
      const next = line + 2 + size + 2;
      if (this.#bytes.length < next) return undefined;
      if (size === 0) return this.#finish(next, body);
      body += this.#bytes.toString('utf8', line + 2, line + 2 + size);
      at = next;
    }
  }

  #finish(end: number, body: string): string {
    if (this.#bytes.length > end) throw new Error('bytes after the response that nobody asked for');
    this.#bytes = Buffer.alloc(0);
    return body;
  }
}
