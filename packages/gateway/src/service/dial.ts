/** Opens one connection to an endpoint: address, handshake, and which protocol the two agree on. */
import { connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { FicusError } from '@ficus/common/errors.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import { type ConnectionEnds, proxyHeader } from '../net/proxy-header-writer.ts';
import { Reads } from '../net/reads.ts';
import { connectAnnounced } from './announced-connect.ts';
import type { Transport } from './transport.ts';

export interface PoolAddress {
  /** `h2c`: HTTP/2 without TLS and without asking. */
  readonly scheme: 'http' | 'https' | 'h2c';
  readonly host: string;
  readonly port: number;
}

/** Who gets the connection. */
export interface DialOwner {
  readonly deadlines: Deadlines;
  readonly address: PoolAddress;
  readonly transport: Transport;
  /** Connected; `http2` is what both speak. `version`: the transport's when the dial began. */
  connected(dial: Dial, socket: Socket, reads: Reads, http2: boolean, version: number): void;
  failed(dial: Dial, code: GatewayErrorCode, detail: string): void;
}

export class Dial implements Timed {
  deadline: number;
  readonly #owner: DialOwner;
  readonly #version: number;
  readonly #reads: Reads;
  readonly #socket: Socket | undefined;
  #settled = false;

  /** `http2`: offered, where TLS lets the two choose. `client`: whose request it is for, where that is announced. */
  constructor(owner: DialOwner, http2: boolean, client?: ConnectionEnds) {
    this.#owner = owner;
    this.#version = owner.transport.version;
    const { scheme, host, port } = owner.address;
    this.#reads = new Reads(scheme === 'https');
    const timeout = owner.transport.model.dialTimeoutMs;
    this.deadline = timeout > 0 ? owner.deadlines.now + timeout : Number.POSITIVE_INFINITY;
    const onread = this.#reads.onread;
    let socket: Socket;
    try {
      const version = owner.transport.model.proxyProtocol;
      const tls = scheme === 'https' ? owner.transport.options(host, http2) : undefined;
      if (version !== undefined)
        socket = connectAnnounced(owner.address, proxyHeader(version, client), this.#reads, tls);
      else if (tls !== undefined) socket = tlsConnect({ ...tls, host, port, onread } as ConnectionOptions);
      else socket = netConnect({ host, port, noDelay: true, onread });
    } catch (error) {
      // Certificates that don't load: reported like any other failed handshake, but never from inside the caller.
      queueMicrotask(() => this.#fail('endpoint.tls', (error as Error).message));
      return;
    }
    this.#socket = socket;
    owner.deadlines.add(this);
    socket.once(scheme === 'https' ? 'secureConnect' : 'connect', () => this.#connected(socket));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#fail(failureCode(error), failureDetail(error)),
    );
    socket.once('close', () => this.#fail('endpoint.dial', 'closed while connecting'));
  }

  /** Gives up, telling nobody. */
  cancel(): void {
    if (!this.#settle()) return;
    this.#socket?.destroy();
  }

  abort(code: GatewayErrorCode): void {
    this.#fail(code, '');
  }

  expired(): void {
    this.#fail('endpoint.dial-timeout', '');
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#owner.deadlines.delete(this);
    return true;
  }

  #connected(socket: Socket): void {
    if (!this.#settle()) return;
    socket.removeAllListeners('error');
    socket.removeAllListeners('close');
    const { scheme } = this.#owner.address;
    if (scheme === 'https') socket.setNoDelay(true);
    const http2 = scheme === 'h2c' || (scheme === 'https' && (socket as TLSSocket).alpnProtocol === 'h2');
    this.#owner.connected(this, socket, this.#reads, http2, this.#version);
  }

  #fail(code: GatewayErrorCode, detail: string): void {
    if (!this.#settle()) return;
    this.#socket?.destroy();
    this.#owner.failed(this, code, detail);
  }
}

const dialErrors = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'EADDRNOTAVAIL',
  'EMFILE',
  'EPIPE',
]);

/** A refused identity says what was expected and what was found. */
function failureDetail(error: NodeJS.ErrnoException): string {
  if (error instanceof FicusError) return `${error.code}: ${error.message}`;
  return error.code ?? error.message;
}

function failureCode(error: NodeJS.ErrnoException): GatewayErrorCode {
  const code = error.code ?? '';
  if (code === 'ETIMEDOUT') return 'endpoint.dial-timeout';
  return dialErrors.has(code) || error.syscall === 'connect' ? 'endpoint.dial' : 'endpoint.tls';
}
