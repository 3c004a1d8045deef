/** One entrypoint's server: accepts connections from a listening handle, cleartext or TLS, within the limits. */
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket, type Server as TlsServer } from 'node:tls';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { ConnectionFacts, Exchange } from '../http/exchange.ts';
import { type ForwardingRules, forwardingRules } from '../http/forwarded.ts';
import { noPeerCertificate } from '../http/peer-certificate.ts';
import { CompiledRules } from '../http/request-rules.ts';
import type { Protocol, ServedConnection, ServedExchange, ServerSettings } from '../http/server-settings.ts';
import { ServerConnection } from '../http1/server-connection.ts';
import { Http2ServerConnection } from '../http2/server-connection.ts';
import type { ProxyProtocolModel } from '../model/entry-point-rules.ts';
import type { ConnectionLimits, EntryPointModel } from '../model/model.ts';
import { compileTrust } from '../net/cidr.ts';
import type { Deadlines } from '../net/deadlines.ts';
import { type Incoming, IncomingRecords, IncomingSocket } from '../net/reads.ts';
import { Acceptor } from './acceptor.ts';
import { AddressCounts } from './address-counts.ts';
import { AnnouncedConnections } from './announced.ts';
import type { Certificates } from './certificates.ts';
import { Door } from './door.ts';
import type { ListenerHost } from './listener-host.ts';
import { peerCertificateReader } from './peer-certificate.ts';
import { localAddress, notAfter, peerAddress, serverNameOf } from './peer-facts.ts';
import { identityOf, identityUri, uplinkOptions } from './uplink-terms.ts';

export type { ListenerHost };

export class Listener implements ServerSettings {
  readonly limits: ConnectionLimits;
  readonly keepAlive: EntryPointModel['keepAlive'];
  readonly deadlines: Deadlines;
  readonly #model: EntryPointModel;
  readonly #host: ListenerHost;
  readonly #server: Server | Acceptor;
  readonly #connections = new Set<ServedConnection>();
  readonly #perAddress: AddressCounts;
  readonly #trusts: (address: string) => boolean;
  readonly #door: Door | undefined;
  readonly #uplinkTls: TlsServer | undefined;
  readonly #announced: AnnouncedConnections | undefined;
  readonly #rules: CompiledRules;
  readonly #forwarding: ForwardingRules | undefined;
  #peers: ReadonlySet<string>;
  #identity = '';

  constructor(model: EntryPointModel, host: ListenerHost, certificates: Certificates) {
    this.#model = model;
    this.#host = host;
    this.limits = model.limits;
    this.keepAlive = model.keepAlive;
    this.#perAddress = new AddressCounts(model.limits.maxConnectionsPerAddress);
    this.deadlines = host.deadlines;
    this.#trusts = compileTrust(model.forwardedHeaders);
    this.#peers = new Set(model.uplink?.peers ?? []);
    if (model.uplink !== undefined) {
      const { certificate, roots } = model.uplink;
      const server = createTlsServer(uplinkOptions(certificate, roots));
      this.#identity = identityOf(certificate, roots);
      this.#server = server;
      this.#uplinkTls = server;
      this.#listenTls(server);
    } else {
      const door = new Door(model, certificates, {
        deadlines: host.deadlines,
        clear: (incoming, read) => {
          this.#accept(incoming, '', '');
          if (read.length > 0) incoming.reread(read);
        },
        secured: (socket, options) => this.#secured(socket, '', options),
        failed: (why, socket) => this.#handshakeFailed(why, socket),
      });
      this.#door = door;
      this.#server = this.#acceptor((handle) => door.accept(handle));
    }
    this.#forwarding = forwardingRules(model.forwarding);
    if (model.proxyProtocol !== undefined) {
      const announced = this.#announcing(model.proxyProtocol);
      this.#announced = announced;
      this.#server = this.#acceptor((handle) => announced.accept(handle));
    }
    this.#rules = new CompiledRules(model.requests);
  }

  #acceptor(accept: (handle: object) => void): Acceptor {
    return new Acceptor(accept, (message) => this.refusedBy('gateway.internal', message));
  }

  #announcing(model: ProxyProtocolModel): AnnouncedConnections {
    return new AnnouncedConnections(model, this.limits.headTimeoutMs, {
      deadlines: this.deadlines,
      announced: (incoming, rest) => {
        if (this.#door !== undefined) this.#door.admit(incoming, rest);
        else this.#uplinkTls?.emit('connection', incoming.release(rest));
      },
      unannounced: (detail) => this.refusedBy('proxy.header', detail),
    });
  }

  get draining(): boolean {
    return this.#host.draining;
  }

  get connections(): ReadonlySet<ServedConnection> {
    return this.#connections;
  }

  /** Accepts from `handle`, an open listening handle. */
  listen(handle: object): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      if (server instanceof Acceptor) {
        server.listen(handle);
        resolve();
        return;
      }
      server.once('error', reject);
      server.listen(handle, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  /** Certificates and options for new handshakes. Connections made under other terms are asked to come again. */
  setTls(model: EntryPointModel, certificates: Certificates): void {
    const stands = this.#door?.renew(model, certificates);
    if (stands === undefined) return;
    for (const connection of this.#connections) {
      const { serverName, tlsOptions } = connection.facts;
      if (tlsOptions !== '' && !stands(serverName, tlsOptions)) connection.retire();
    }
  }

  /** New identity of an uplink entrypoint. Live connections of peers no longer allowed are closed. */
  setIdentity(
    certificate: { readonly cert: string; readonly key: string },
    roots: readonly string[],
    peers: readonly string[],
  ): void {
    const content = identityOf(certificate, roots);
    const renewed = content !== this.#identity;
    if (renewed) this.#uplinkTls?.setSecureContext(uplinkOptions(certificate, roots));
    this.#identity = content;
    this.#peers = new Set(peers);
    for (const connection of this.#connections)
      if (!this.#peers.has(connection.facts.peerUri) || !connection.facts.peerAllowed)
        connection.cut('uplink.forbidden');
      // The others meet the new certificate on their next connection.
      else if (renewed) connection.retire();
  }

  closePeer(uri: string): void {
    for (const connection of this.#connections)
      if (connection.facts.peerUri === uri) connection.cut('uplink.forbidden');
  }

  /** Closes what has outlived its certificate; `now` is wall-clock milliseconds. */
  closeExpired(now: number): void {
    if (this.#model.uplink === undefined) return;
    for (const connection of this.#connections)
      if (now > connection.facts.peerNotAfter) connection.cut('uplink.forbidden');
  }

  /** No new connections; those that are open go on. */
  stopAccepting(): void {
    this.#server.close();
    this.#announced?.close();
  }

  /** Asks every client to go elsewhere with its next request. */
  retireConnections(): void {
    for (const connection of this.#connections) connection.retire();
  }

  /** Closes connections that were between requests for `ms` or longer. */
  closeIdle(ms: number): void {
    for (const connection of this.#connections) if (connection.idleFor(ms)) connection.close();
  }

  /** Cuts everything; returns how many requests were in flight. */
  closeAll(): number {
    this.#door?.close();
    let busy = 0;
    for (const connection of this.#connections) {
      busy += connection.inFlight;
      connection.cut('gateway.draining');
    }
    return busy;
  }

  #listenTls(server: TlsServer): void {
    server.on('error', (error) => this.refusedBy('gateway.internal', error.message));
    server.on('secureConnection', (socket) => this.#secured(socket, identityUri(socket), ''));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // A certificate that was refused ends the connection; only the socket still knows that this was why.
      this.#handshakeFailed(String(socket.authorizationError ?? error.code ?? error.message), socket);
      socket.destroy();
    });
  }

  #handshakeFailed(why: string, socket: Socket): void {
    const address = peerAddress(socket);
    this.refusedBy('tls.handshake', address === '' ? why : `${why} from ${address}`);
  }

  #secured(socket: TLSSocket, peerUri: string, options: string): void {
    socket.setNoDelay(true);
    const uplink = this.#model.uplink !== undefined;
    this.#accept(uplink ? IncomingRecords.from(socket) : new IncomingSocket(socket), peerUri, options);
  }

  #accept(incoming: Incoming, peerUri: string, tlsOptions: string): void {
    const socket = incoming.socket;
    const address = peerAddress(socket);
    if (!this.#perAddress.enter(address)) {
      this.#host.counters.connectionsRefused++;
      socket.on('error', () => socket.destroy());
      socket.destroy();
      return;
    }
    this.#host.counters.connectionsAccepted++;
    const facts: ConnectionFacts = {
      entryPoint: this.#model.name,
      peerAddress: address,
      peerPort: socket.remotePort ?? 0,
      localAddress: localAddress(socket),
      localPort: socket.localPort ?? 0,
      secure: socket instanceof TLSSocket,
      peerUri,
      peerAllowed: this.#model.uplink === undefined || this.#peers.has(peerUri),
      peerNotAfter:
        this.#model.uplink === undefined ? Number.POSITIVE_INFINITY : notAfter(socket as TLSSocket),
      trusted: this.#model.uplink !== undefined || this.#trusts(address),
      trusts: this.#trusts,
      forwarding: this.#forwarding,
      keepsEmptySegments: this.#model.requests?.keepEmptySegments ?? false,
      serverName: serverNameOf(socket),
      tlsOptions,
      peerCertificate: socket instanceof TLSSocket ? peerCertificateReader(socket) : noPeerCertificate,
    };
    const http2 = facts.secure && (socket as TLSSocket).alpnProtocol === 'h2';
    const connection = http2
      ? new Http2ServerConnection(incoming, facts, this)
      : new ServerConnection(incoming, facts, this);
    this.#connections.add(connection);
  }

  handle(exchange: Exchange): void {
    const refusal = this.#rules.apply(exchange.request);
    if (refusal === undefined) this.#host.handle(exchange);
    else exchange.refuse('request.malformed', refusal);
  }

  started(exchange: ServedExchange, protocol: Protocol): void {
    this.#host.counters.inFlight++;
    const log = this.#host.accessLog;
    if (log !== undefined) exchange.trace = log.begin(exchange, protocol);
  }

  finished(exchange: ServedExchange): void {
    this.#host.counters.inFlight--;
    this.#host.finished(exchange);
  }

  refused(code: GatewayErrorCode, detail: string, exchange: ServedExchange): void {
    if (exchange.trace !== undefined) exchange.trace.errorCode = code;
    this.#host.refused(code, detail, exchange.facts);
  }

  misbehaved(code: GatewayErrorCode, detail: string, facts: ConnectionFacts): void {
    this.#host.refused(code, detail, facts);
  }

  speaksHttp2(before: ServedConnection, incoming: Incoming, read: Buffer): void {
    this.#connections.delete(before);
    this.#connections.add(new Http2ServerConnection(incoming, before.facts, this, read));
  }

  /** A refusal without a request. */
  refusedBy(code: GatewayErrorCode | 'tls.handshake' | 'proxy.header', detail: string): void {
    this.#host.counters.connectionsRefused++;
    this.#host.handshakeFailed(this.#model.name, code, detail);
  }

  closed(connection: ServedConnection): void {
    if (this.#connections.delete(connection)) this.#perAddress.leave(connection.facts.peerAddress);
  }
}
