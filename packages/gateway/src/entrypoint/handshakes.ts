/** TLS handshakes of one entrypoint under one set of options. */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import type { CertificateModel } from '../model/model.ts';
import type { TlsOptionsModel } from '../model/tls-models.ts';
import type { Certificates } from './certificates.ts';
import { canonicalServerName } from './client-hello.ts';
import { contextOptions } from './tls-context.ts';

const handshakeTimeout = 10_000;

/** Who gets the connections. */
export interface HandshakeHost {
  /** `options`: the name of those it was made with. */
  secured(socket: TLSSocket, options: string): void;
  failed(why: string, socket: Socket): void;
}

export class Handshakes {
  readonly options: TlsOptionsModel;
  readonly #host: HandshakeHost;
  readonly #server: Server;
  #certificates: Certificates;
  #base: CertificateModel | undefined;

  constructor(options: TlsOptionsModel, certificates: Certificates, host: HandshakeHost) {
    this.options = options;
    this.#host = host;
    this.#certificates = certificates;
    this.#base = this.#baseOf(certificates);
    this.#server = createServer(this.#serverOptions());
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => this.#failed(error, socket));
  }

  /** Takes an accepted connection of which nothing has been read, or what was is back in its buffer. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** For new handshakes. Sessions can be resumed for as long as the certificate shown by default stays. */
  renew(certificates: Certificates): void {
    this.#certificates = certificates;
    const base = this.#baseOf(certificates);
    const same = base?.cert === this.#base?.cert && base?.key === this.#base?.key;
    this.#base = base;
    if (!same) this.#server.setSecureContext(contextOptions(this.options, base));
  }

  #baseOf(certificates: Certificates): CertificateModel | undefined {
    // A handshake that finds no certificate ends with an alert: what `sniStrict` asks for.
    return this.options.sniStrict ? undefined : certificates.fallback;
  }

  #serverOptions(): TlsOptions {
    const { clientAuth, alpn } = this.options;
    return {
      ...contextOptions(this.options, this.#base),
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'requireAndVerify',
      ALPNProtocols: [...alpn],
      handshakeTimeout,
      // Never throws (CVE-2026-21637): an unknown name gets the default certificate.
      SNICallback: (name, done) =>
        done(null, this.#certificates.find(canonicalServerName(name), this.options)),
    };
  }

  #secured(socket: TLSSocket): void {
    const wrong = this.#wrongWith(socket);
    if (wrong === undefined) {
      this.#host.secured(socket, this.options.name);
      return;
    }
    socket.on('error', () => undefined);
    this.#host.failed(wrong, socket);
    socket.destroy();
  }

  /** What Node does not judge itself: it knows only whether a certificate that is verified is required. */
  #wrongWith(socket: TLSSocket): string | undefined {
    const { clientAuth } = this.options;
    if (clientAuth !== 'requireAny' && clientAuth !== 'verifyIfGiven') return undefined;
    const shown = socket.getPeerX509Certificate() !== undefined;
    if (clientAuth === 'requireAny') return shown ? undefined : 'no client certificate';
    return shown && !socket.authorized ? String(socket.authorizationError) : undefined;
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    // A certificate that was refused ends the connection; only the socket still knows that this was why.
    const why = String(socket.authorizationError ?? error.code ?? error.message);
    const strict = this.options.sniStrict && noCertificate.has(why);
    this.#host.failed(strict ? 'sniStrict: no certificate for its server name' : why, socket);
    socket.destroy();
  }
}

/** How OpenSSL says that there was nothing to show. */
const noCertificate = new Set([
  'ERR_SSL_NO_SHARED_CIPHER',
  'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM',
  'ERR_SSL_NO_CERTIFICATE_SET',
]);
