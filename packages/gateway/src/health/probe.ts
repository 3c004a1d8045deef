/** One health probe: a request to an endpoint over the data plane's own wire, judged by its status. */
import type { GatewayErrorCode } from '../http/errors.ts';
import { getHeader } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import type { ClientConnection } from '../http1/client-connection.ts';
import type { ResponseListener } from '../http1/client-roles.ts';
import type { HealthCheckModel } from '../model/model.ts';
import type { Timed } from '../net/deadlines.ts';
import type { DialListener, Pool } from '../service/pool.ts';

/** Body bytes read for the sake of the connection; a longer answer costs it. */
const maxBodyBytes = 65536;
const maxRedirects = 5;

export interface ProbeResult {
  readonly up: boolean;
  /** For people: `status 503`, `endpoint refused the connection (ECONNREFUSED)`, `no answer within 5000 ms`. */
  readonly reason: string;
}

/** Runs one probe; `done` is called exactly once. `fields`: header lines the service itself sets. */
export function probe(
  pool: Pool,
  check: HealthCheckModel,
  host: string,
  fields: string,
  done: (result: ProbeResult) => void,
): () => void {
  const one = new Probe(pool, check, host, fields, done);
  one.start(check.path);
  return () => one.cancel();
}

class Probe implements DialListener, ResponseListener, Timed {
  deadline: number;
  readonly #pool: Pool;
  readonly #check: HealthCheckModel;
  readonly #host: string;
  readonly #fields: string;
  readonly #done: (result: ProbeResult) => void;
  #path = '';
  #connection: ClientConnection | undefined;
  #cancelDial: (() => void) | undefined;
  #status = 0;
  #location: string | undefined;
  #bytes = 0;
  #redirects = 0;
  #settled = false;

  constructor(
    pool: Pool,
    check: HealthCheckModel,
    host: string,
    fields: string,
    done: (result: ProbeResult) => void,
  ) {
    this.#pool = pool;
    this.#check = check;
    this.#host = host;
    this.#fields = fields;
    this.#done = done;
    this.deadline = pool.deadlines.now + check.timeoutMs;
    pool.deadlines.add(this);
  }

  start(path: string): void {
    this.#path = path;
    const connection = this.#pool.take(true);
    if (connection !== undefined) this.dialed(connection);
    else this.#cancelDial = this.#pool.dial(this);
  }

  dialed(connection: ClientConnection): void {
    this.#cancelDial = undefined;
    this.#connection = connection;
    let head = `${this.#check.method} ${this.#path} HTTP/1.1\r\nHost: ${this.#host}\r\nUser-Agent: ficus-health\r\n${this.#fields}`;
    for (const [name, value] of this.#check.headers) {
      if (name.toLowerCase() !== 'host') head += `${name}: ${value}\r\n`;
    }
    connection.start(this, this.#check.method, `${head}\r\n`, 0, false, 0);
    connection.flush();
  }

  dialFailed(code: GatewayErrorCode, detail: string): void {
    this.#settle(false, `${code} ${detail}`.trim());
  }

  requestFailed(code: GatewayErrorCode, detail: string, answered: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    // A kept connection that the endpoint closed meanwhile says nothing about its health.
    if (!answered && connection !== undefined && connection.served > 0 && !this.#settled)
      this.#cancelDial = this.#pool.dial(this);
    else this.#settle(false, `${code} ${detail}`.trim());
  }

  responseHead(head: ResponseHead): void {
    this.#status = head.status;
    this.#location = getHeader(head.headers, 'location');
  }

  responseData(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > maxBodyBytes) {
      this.#connection?.destroy();
      this.responseEnd();
    }
    return true;
  }

  responseEnd(): void {
    this.#connection = undefined;
    const next = this.#redirected();
    if (next !== undefined && ++this.#redirects <= maxRedirects) {
      this.#bytes = 0;
      this.start(next);
      return;
    }
    const want = this.#check.status;
    const up = want === 0 ? this.#status >= 200 && this.#status < 400 : this.#status === want;
    this.#settle(up, `status ${this.#status}`);
  }

  expired(): void {
    this.cancel();
    this.#settle(false, `no answer within ${this.#check.timeoutMs} ms`);
  }

  cancel(): void {
    this.#cancelDial?.();
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#pool.deadlines.delete(this);
  }

  /** A redirect within the endpoint is followed; one to elsewhere says all it can by its status. */
  #redirected(): string | undefined {
    if (!this.#check.followRedirects || this.#status < 301 || this.#status > 308 || this.#status === 304)
      return undefined;
    const location = this.#location;
    return location?.startsWith('/') === true && !location.startsWith('//') && !/[\s\0-\x1f]/.test(location)
      ? location
      : undefined;
  }

  #settle(up: boolean, reason: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#pool.deadlines.delete(this);
    this.#done({ up, reason });
  }

  responseInform(): void {
    // An interim response is no verdict.
  }

  responseTurnEnd(): void {
    // Nothing is held back.
  }

  responseSwitched(): void {
    this.#settle(false, 'switched protocols without being asked');
  }

  requestDrained(): void {
    // A probe has no body.
  }

  movable(): boolean {
    return false;
  }
}
