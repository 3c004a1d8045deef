/** The certificates of a TLS entrypoint, chosen by SNI and replaceable while connections run. */
import { createSecureContext, type SecureContext, type Server, type TlsOptions } from 'node:tls';
import type { CertificateModel } from '../model/model.ts';

const alpn = ['h2', 'http/1.1'];

export class Certificates {
  #byName: ReadonlyMap<string, SecureContext>;
  #first: CertificateModel | undefined;

  /** Throws when a certificate or key can't be loaded. */
  constructor(certificates: readonly CertificateModel[]) {
    this.#byName = contexts(certificates);
    this.#first = certificates[0];
  }

  serverOptions(): TlsOptions {
    return {
      ...(this.#first === undefined ? {} : { cert: this.#first.cert, key: this.#first.key }),
      minVersion: 'TLSv1.2',
      ALPNProtocols: alpn,
      handshakeTimeout: 10_000,
      noDelay: true,
      // Never throws (CVE-2026-21637): an unknown name gets the default certificate.
      SNICallback: (name, done) => done(null, this.#find(name)),
    };
  }

  /** Builds all before it changes anything. */
  replace(certificates: readonly CertificateModel[], server: Server): void {
    const next = contexts(certificates);
    const first = certificates[0];
    if (first !== undefined)
      server.setSecureContext({ cert: first.cert, key: first.key, minVersion: 'TLSv1.2' });
    this.#byName = next;
    this.#first = first;
  }

  #find(name: string): SecureContext | undefined {
    const lower = name.toLowerCase().replace(/\.$/, '');
    const exact = this.#byName.get(lower);
    if (exact !== undefined) return exact;
    const dot = lower.indexOf('.');
    return dot < 0 ? undefined : this.#byName.get(`*${lower.slice(dot)}`);
  }
}

function contexts(certificates: readonly CertificateModel[]): ReadonlyMap<string, SecureContext> {
  const byName = new Map<string, SecureContext>();
  for (const { names, cert, key } of certificates) {
    const context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    for (const name of names) if (!byName.has(name)) byName.set(name, context);
  }
  return byName;
}
