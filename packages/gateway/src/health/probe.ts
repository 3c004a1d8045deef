/** One health probe over HTTP/1.1: a request to an endpoint over the data plane's own wire, judged by its status. */
import type { ClientRequest, Destination, RequestFate, ResponseListener } from '../http/client-request.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import { addHeader, getHeader, type Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { HealthCheckModel } from '../model/model.ts';
import type { DialListener } from '../service/multiplexed.ts';
import type { Pool } from '../service/pool.ts';
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
  return (done) => {
    const one = new Probe(pool, check, host, fields, done);
    one.start(check.path);
    return () => one.cancel();
  };
}

class Probe implements DialListener, ResponseListener {
  readonly #pool: Pool;
  readonly #check: HealthCheckModel;
  readonly #host: string;
  readonly #destination: Destination;
  readonly #done: (result: ProbeResult) => void;
  #path = '';
  #connection: ClientRequest | undefined;
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
    fields: readonly (readonly [name: string, value: string])[],
    done: (result: ProbeResult) => void,
  ) {
    this.#pool = pool;
    this.#check = check;
    this.#host = host;
    this.#destination = {
      model: { ...pool.address, path: '', preservePath: false },
      owner: {
        passHostHeader: true,
        ownFields: fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
        ownHeaders: fields.flatMap(([name, value]) => [name.toLowerCase(), value, name]),
        ownNames: undefined,
      },
    };
    this.#done = done;
  }

  start(path: string): void {
    this.#path = path;
    const connection = this.#pool.take(true);
    if (connection !== undefined) this.dialed(connection);
    else this.#cancelDial = this.#pool.dial(this);
  }

  dialed(connection: ClientRequest): void {
    this.#cancelDial = undefined;
    this.#connection = connection;
    connection.start(this, this.#request(), this.#destination, 0, '', 0);
    connection.flush();
  }

  #request(): RequestHead {
    const headers: Headers = [];
    addHeader(headers, 'User-Agent', 'ficus-health');
    for (const [name, value] of this.#check.headers) {
      if (name.toLowerCase() !== 'host') addHeader(headers, name, value);
    }
    return {
      method: this.#check.method,
      path: this.#path,
      query: undefined,
      authority: this.#host,
      host: this.#host,
      headers,
      clientAddress: '',
      secure: false,
    };
  }

  dialFailed(code: GatewayErrorCode, detail: string): void {
    this.#fail(`${code} ${detail}`);
  }

  requestFailed(code: GatewayErrorCode, detail: string, fate: RequestFate): void {
    const connection = this.#connection;
    this.#connection = undefined;
    // A kept connection that the endpoint closed meanwhile says nothing about its health.
    if (fate !== 'answered' && connection !== undefined && connection.served > 0 && !this.#settled)
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
