/** Keep-alive connections to one address over one transport, shared by every service that dials it. */
import { connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { GatewayErrorCode } from '../http/errors.ts';
import { ClientConnection } from '../http1/client-connection.ts';
import type { ConnectionOwner } from '../http1/client-roles.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import { Reads } from '../net/reads.ts';
import type { Transport } from './transport.ts';

/** Who waits for a new connection. */
export interface DialListener {
  dialed(connection: ClientConnection): void;
  dialFailed(code: GatewayErrorCode, detail: string): void;
}

/** A request that must not be sent twice only goes on a connection idle for less than this, or on a fresh one. */
const surelyAliveMs = 2000;

export interface PoolAddress {
  readonly scheme: 'http' | 'https' | 'h2c';
  readonly host: string;
  readonly port: number;
}

export class Pool implements ConnectionOwner {
  readonly deadlines: Deadlines;
  readonly idleTimeoutMs: number;
  readonly address: PoolAddress;
  readonly transport: Transport;
  readonly #idle: ClientConnection[] = [];
  readonly #all = new Set<ClientConnection>();
  readonly #tunnels = new Set<Socket>();
  readonly #dials = new Set<Dial>();
  readonly #maxIdle: number;
  /** Replaced by a newer pool: serves what it has begun and keeps nothing. */
  #retired = false;

  constructor(address: PoolAddress, transport: Transport, deadlines: Deadlines) {
    this.address = address;
    this.transport = transport;
    this.deadlines = deadlines;
    this.idleTimeoutMs = transport.model.idleConnTimeoutMs;
    this.#maxIdle = transport.model.maxIdleConnsPerHost;
  }

  get connections(): ReadonlySet<ClientConnection> {
    return this.#all;
  }

  /** The connection used last, or undefined when a new one must be dialled. */
  take(replayable: boolean): ClientConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (!connection.alive) continue;
      if (this.#outlived(connection)) {
        connection.destroy();
        continue;
      }
      if (!replayable && this.deadlines.now - connection.idleSince > surelyAliveMs) {
        this.#idle.push(connection);
        return undefined;
      }
      return connection;
    }
  }

  /** Opens a connection; the returned function gives up. */
  dial(listener: DialListener): () => void {
    const dial = new Dial(this, listener, () => this.#dials.delete(dial));
    this.#dials.add(dial);
    return () => dial.cancel();
  }

  /** @internal A dialled socket becomes a member. */
  adopt(socket: Socket, reads: Reads, version: number): ClientConnection {
    const connection = new ClientConnection(socket, reads, this, version, this.#goodUntil(socket));
    this.#all.add(connection);
    return connection;
  }

  connectionIdle(connection: ClientConnection): void {
    if (this.#retired || this.#idle.length >= this.#maxIdle || this.#outlived(connection))
      connection.destroy();
    else this.#idle.push(connection);
  }

  connectionGone(connection: ClientConnection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  connectionSwitched(connection: ClientConnection, socket: Socket): void {
    this.connectionGone(connection);
    this.#tunnels.add(socket);
    socket.once('close', () => this.#tunnels.delete(socket));
  }

  /** Something still uses it. */
  get busy(): boolean {
    return this.#all.size > 0 || this.#tunnels.size > 0 || this.#dials.size > 0;
  }

  /** Certificates count for live connections too: our older one, and the peer's own once it has expired. */
  #outlived(connection: ClientConnection): boolean {
    if (connection.version !== this.transport.version) return true;
    return connection.goodUntil !== Number.POSITIVE_INFINITY && connection.goodUntil < Date.now();
  }

  #goodUntil(socket: Socket): number {
    if (this.transport.model.peerUri === undefined) return Number.POSITIVE_INFINITY;
    const certificate = (socket as TLSSocket).getPeerX509Certificate();
    return certificate === undefined ? 0 : Date.parse(certificate.validTo);
  }

  /** Idle connections go now, busy ones after their response. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Everything goes now, whatever is in flight. */
  close(code: GatewayErrorCode): void {
    this.retire();
    for (const dial of [...this.#dials]) dial.abort(code);
    for (const connection of [...this.#all]) connection.abort(code);
    for (const socket of this.#tunnels) socket.destroy();
  }

  /** Used again by a later generation. */
  revive(): void {
    this.#retired = false;
  }
}

class Dial implements Timed {
  deadline: number;
  readonly #pool: Pool;
  readonly #listener: DialListener;
  readonly #socket: Socket | undefined;
  readonly #reads: Reads;
  readonly #version: number;
  readonly #over: () => void;
  #settled = false;

  constructor(pool: Pool, listener: DialListener, over: () => void) {
    this.#over = over;
    this.#version = pool.transport.version;
    this.#pool = pool;
    this.#listener = listener;
    const { scheme, host, port } = pool.address;
    this.#reads = new Reads(scheme === 'https');
    const timeout = pool.transport.model.dialTimeoutMs;
    this.deadline = timeout > 0 ? pool.deadlines.now + timeout : Number.POSITIVE_INFINITY;
    const onread = this.#reads.onread;
    let socket: Socket;
    try {
      socket =
        scheme !== 'https'
          ? netConnect({ host, port, noDelay: true, onread })
          : tlsConnect({ ...pool.transport.options(host), host, port, onread } as ConnectionOptions);
    } catch (error) {
      // Certificates that don't load: reported like any other failed handshake, but never from inside the caller.
      queueMicrotask(() => this.#fail('endpoint.tls', (error as Error).message));
      return;
    }
    this.#socket = socket;
    pool.deadlines.add(this);
    socket.once(scheme === 'https' ? 'secureConnect' : 'connect', () => this.#connected(socket));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#fail(failureCode(error), error.code ?? error.message),
    );
    socket.once('close', () => this.#fail('endpoint.dial', 'closed while connecting'));
  }

  cancel(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#over();
    this.#pool.deadlines.delete(this);
    this.#socket?.destroy();
  }

  abort(code: GatewayErrorCode): void {
    this.#fail(code, '');
  }

  expired(): void {
    this.#fail('endpoint.dial-timeout', '');
  }

  #connected(socket: Socket): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#over();
    this.#pool.deadlines.delete(this);
    socket.removeAllListeners('error');
    socket.removeAllListeners('close');
    if (this.#pool.address.scheme === 'https') socket.setNoDelay(true);
    this.#listener.dialed(this.#pool.adopt(socket, this.#reads, this.#version));
  }

  #fail(code: GatewayErrorCode, detail: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#over();
    this.#pool.deadlines.delete(this);
    this.#socket?.destroy();
    this.#listener.dialFailed(code, detail);
  }
}

function failureCode(error: NodeJS.ErrnoException): GatewayErrorCode {
  const code = error.code ?? '';
  const dial = [
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ECONNRESET',
    'EADDRNOTAVAIL',
    'EMFILE',
    'EPIPE',
  ];
  if (code === 'ETIMEDOUT') return 'endpoint.dial-timeout';
  return dial.includes(code) || error.syscall === 'connect' ? 'endpoint.dial' : 'endpoint.tls';
}
