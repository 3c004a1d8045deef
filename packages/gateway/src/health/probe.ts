/** One health probe over HTTP/1.1: a request to an endpoint over the data plane's own wire, judged by its status. */
import type { GatewayErrorCode } from '../http/errors.ts';
import { getHeader } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import type { ClientConnection } from '../http1/client-connection.ts';
import type { ResponseListener } from '../http1/client-roles.ts';
import type { HealthCheckModel } from '../model/model.ts';
import type { DialListener, Pool } from '../service/pool.ts';
import {
  judgeStatus,
  maxBodyBytes,
  maxRedirects,
  type ProbeResult,
  redirectPath,
  type StartProbe,
} from './http-verdict.ts';

/** Starts a probe over a connection of `pool`. `fields`: header fields the service itself sets. */
export function httpProbe(
  pool: Pool,
  check: HealthCheckModel,
  host: string,
  fields: readonly (readonly [name: string, value: string])[],
): StartProbe {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return (done) => {
    const one = new Probe(pool, check, host, lines, done);
    one.start(check.path);
    return () => one.cancel();
  };
}

class Probe implements DialListener, ResponseListener {
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
    this.#fail(`${code} ${detail}`);
  }

  requestFailed(code: GatewayErrorCode, detail: string, answered: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    // A kept connection that the endpoint closed meanwhile says nothing about its health.
    if (!answered && connection !== undefined && connection.served > 0 && !this.#settled)
      this.#cancelDial = this.#pool.dial(this);
    else this.#fail(`${code} ${detail}`);
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
    const next = redirectPath(this.#check, this.#status, this.#location);
    if (next !== undefined && ++this.#redirects <= maxRedirects) {
      this.#bytes = 0;
      this.start(next);
      return;
    }
    this.#settle(judgeStatus(this.#check, this.#status));
  }

  cancel(): void {
    this.#cancelDial?.();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #fail(reason: string): void {
    this.#settle({ up: false, reason: reason.trim() });
  }

  #settle(result: ProbeResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#done(result);
  }

  responseInform(): void {
    // An interim response is no verdict.
  }

  responseTurnEnd(): void {
    // Nothing is held back.
  }

  responseSwitched(): void {
    this.#fail('switched protocols without being asked');
  }

  requestDrained(): void {
    // A probe has no body.
  }

  movable(): boolean {
    return false;
  }
}
