/** Connections to one address over one transport, shared by every service that dials it: kept ones, or multiplexed ones. */
import type { Socket } from 'node:net';
import type { Carrier, ClientRequest } from '../http/client-request.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import { ClientConnection } from '../http1/client-connection.ts';
import type { ConnectionOwner } from '../http1/client-roles.ts';
import { Http2ClientConnection, type Http2Owner } from '../http2/client-connection.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { ConnectionEnds } from '../net/proxy-header-writer.ts';
import type { Reads } from '../net/reads.ts';
import { Dial, type DialOwner, type PoolAddress } from './dial.ts';
import { type DialListener, Multiplexed } from './multiplexed.ts';
import { peerCertificate } from './peer-certificate.ts';
import type { Transport } from './transport.ts';

const never = Number.POSITIVE_INFINITY;
/** A request that must not be sent twice only goes on a kept connection idle for less than this, or on a fresh one. */
const surelyAliveMs = 2000;

export class Pool implements ConnectionOwner, Http2Owner, DialOwner {
  readonly deadlines: Deadlines;
  readonly idleTimeoutMs: number;
  readonly readIdleTimeoutMs: number;
  readonly pingTimeoutMs: number;
  readonly address: PoolAddress;
  readonly transport: Transport;
  readonly #idle: ClientConnection[] = [];
  readonly #all = new Set<ClientConnection>();
  readonly #tunnels = new Set<Socket>();
  /** HTTP/1.1 connections on their way, and who each is for. */
  readonly #dials = new Map<Dial, DialListener>();
  readonly #multiplexed: Multiplexed;
  #shared: Dial | undefined;
  readonly #maxIdle: number;
  /** Whether the endpoint speaks HTTP/2; not known before the first handshake where it is negotiated. */
  #http2: boolean | undefined;
  readonly #negotiates: boolean;
  /** Each connection says whose it is: it serves one request, for the next may be somebody else's. */
  readonly #announces: boolean;
  /** Replaced by a newer pool: serves what it has begun and keeps nothing. */
  #retired = false;

  constructor(address: PoolAddress, transport: Transport, deadlines: Deadlines) {
    const { model } = transport;
    this.address = address;
    this.transport = transport;
    this.deadlines = deadlines;
    this.idleTimeoutMs = model.idleConnTimeoutMs;
    this.readIdleTimeoutMs = model.readIdleTimeoutMs;
    this.pingTimeoutMs = model.pingTimeoutMs;
    this.#maxIdle = model.maxIdleConnsPerHost;
    this.#announces = model.proxyProtocol !== undefined;
    this.#negotiates = address.scheme === 'https' && !model.disableHTTP2 && !this.#announces;
    if (!this.#negotiates) this.#http2 = address.scheme === 'h2c' && !this.#announces;
    this.#multiplexed = new Multiplexed(
      deadlines,
      () => {
        this.#shared = new Dial(this, true);
      },
      (connection) => this.#outlived(connection),
    );
  }

  /** A place on a connection that is there, or undefined when a new one must be dialled. */
  take(replayable: boolean): ClientRequest | undefined {
    return this.#http2 === false ? this.#takeKept(replayable) : this.#multiplexed.take();
  }

  /**
   * A connection or a place on one; the returned function gives up. `client`: whose request it is, for transports that
   * announce it; without one it is the gateway's own.
   */
  dial(listener: DialListener, client?: ConnectionEnds): () => void {
    return this.#http2 === false
      ? this.#dialKept(listener, client)
      : this.#multiplexed.wait(listener, this.transport.model.dialTimeoutMs);
  }

  /**
   * For a request that switches protocols: a stream where the endpoint takes them (RFC 8441), else a connection of its
   * own, for nothing of it may ever meet another request's bytes.
   */
  dialTunnel(listener: DialListener, client?: ConnectionEnds): () => void {
    if (this.#http2 === false) return this.#dialKept(listener, client);
    let cancel = () => {};
    let cancelled = false;
    const begin = () => {
      if (cancelled) return;
      const connection = this.#multiplexed.pick();
      if (connection === undefined) {
        cancel = this.dialTunnel(listener);
        return;
      }
      if (connection.peer.connectProtocol === true) {
        const stream = this.#multiplexed.take();
        if (stream !== undefined) listener.dialed(stream);
      } else if (this.address.scheme === 'https') cancel = this.#dialKept(listener);
      else listener.dialFailed('endpoint.malformed', 'the endpoint has no WebSocket over HTTP/2');
    };
    if (this.#multiplexed.pick() !== undefined) queueMicrotask(begin);
    else
      cancel = this.dial({
        dialed: (request) => {
          // Over HTTP/1.1 the connection is its own; a stream is asked for again, now that the settings are known.
          if (this.#http2 === false) listener.dialed(request);
          else begin();
        },
        dialFailed: (code, detail) => listener.dialFailed(code, detail),
      });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  #takeKept(replayable: boolean): ClientConnection | undefined {
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

  #dialKept(listener: DialListener, client?: ConnectionEnds): () => void {
    const dial = new Dial(this, false, client);
    this.#dials.set(dial, listener);
    return () => {
      this.#dials.delete(dial);
      dial.cancel();
    };
  }

  connected(dial: Dial, socket: Socket, reads: Reads, http2: boolean, version: number): void {
    const listener = this.#dials.get(dial);
    this.#dials.delete(dial);
    const goodUntil = this.#goodUntil(socket);
    if (listener === undefined) this.#shared = undefined;
    if (http2) {
      this.#http2 = true;
      const scheme = this.address.scheme === 'https' ? 'https' : 'http';
      this.#multiplexed.all.add(new Http2ClientConnection(socket, reads, this, scheme, version, goodUntil));
      return;
    }
    const connection = new ClientConnection(socket, reads, this, version, goodUntil);
    this.#all.add(connection);
    if (listener !== undefined) {
      listener.dialed(connection);
      return;
    }
    // The endpoint chose HTTP/1.1: the first who waits gets this connection, each other one of its own.
    this.#http2 = false;
    const [first, ...others] = this.#multiplexed.drainWaiting();
    if (first === undefined) this.connectionIdle(connection);
    else first.dialed(connection);
    for (const other of others) this.#dialKept(other);
  }

  failed(dial: Dial, code: GatewayErrorCode, detail: string): void {
    const listener = this.#dials.get(dial);
    this.#dials.delete(dial);
    if (listener !== undefined) {
      listener.dialFailed(code, detail);
      return;
    }
    this.#shared = undefined;
    if (this.#multiplexed.growthFailed()) return;
    for (const waiting of this.#multiplexed.drainWaiting()) waiting.dialFailed(code, detail);
  }

  connectionReady(connection: Http2ClientConnection): void {
    this.#multiplexed.ready(connection);
    if (this.#retired) connection.retire();
  }

  streamFreed(): void {
    this.#multiplexed.serve();
  }

  connectionLeaving(connection: Http2ClientConnection): void {
    this.#multiplexed.leaving(connection);
  }

  connectionOver(connection: Http2ClientConnection): void {
    const multiplexed = this.#multiplexed;
    multiplexed.leaving(connection);
    if (!multiplexed.all.delete(connection)) return;
    if (connection.isSettled || multiplexed.growthFailed()) return;
    // It ended before it said a word: whoever waited for it hears of it.
    for (const listener of multiplexed.drainWaiting()) {
      if (connection.speaksHttp1)
        listener.dialFailed('endpoint.malformed', 'it speaks HTTP/1.1: its url wants http://, not h2c://');
      else listener.dialFailed('endpoint.dial', 'the connection ended before its settings came');
    }
  }

  connectionIdle(connection: ClientConnection): void {
    const full = this.#announces || this.#idle.length >= this.#maxIdle;
    if (this.#retired || full || this.#outlived(connection)) connection.destroy();
    else this.#idle.push(connection);
  }

  connectionGone(connection: ClientConnection): void {
    this.#all.delete(connection);
    // The endpoint may have learned HTTP/2 by the time it is dialled again.
    if (this.#all.size === 0 && this.#dials.size === 0 && this.#negotiates) this.#http2 = undefined;
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
    return (
      this.#all.size > 0 ||
      this.#tunnels.size > 0 ||
      this.#dials.size > 0 ||
      this.#multiplexed.all.size > 0 ||
      this.#multiplexed.dialing
    );
  }

  /** Open connections, whatever they speak. */
  get connections(): number {
    return this.#all.size + this.#multiplexed.all.size;
  }

  /** `endpoint` was declared down: requests that still wait for a head, and may be sent again, go elsewhere. */
  moveFrom(endpoint: object): void {
    for (const connection of [...this.#all, ...this.#multiplexed.all]) connection.moveFrom(endpoint);
  }

  /** New requests go elsewhere: it said goodbye, or a certificate of either side is past. */
  hasLeft(connection: Carrier): boolean {
    return !connection.alive || this.#outlived(connection);
  }

  /** Certificates count for live connections too: our older one, and the peer's own once it has expired. */
  #outlived(connection: { readonly version: number; readonly goodUntil: number }): boolean {
    if (connection.version !== this.transport.version) return true;
    return connection.goodUntil !== never && connection.goodUntil < Date.now();
  }

  #goodUntil(socket: Socket): number {
    if (this.transport.model.peerUri === undefined) return never;
    return peerCertificate(socket)?.notAfter ?? 0;
  }

  /** Idle connections go now, busy ones after their response. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
    for (const connection of this.#multiplexed.all) if (connection.isSettled) connection.retire();
  }

  /** Everything goes now, whatever is in flight. */
  close(code: GatewayErrorCode): void {
    this.retire();
    for (const dial of [...this.#dials.keys()]) dial.abort(code);
    this.#shared?.abort(code);
    for (const connection of [...this.#all, ...this.#multiplexed.all]) connection.abort(code);
    for (const socket of this.#tunnels) socket.destroy();
  }

  /** Used again by a later generation. */
  revive(): void {
    this.#retired = false;
  }
}
