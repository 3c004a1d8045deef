/** What the data plane is told of TLS: the terms of a handshake, and which server name gets which. */
import type { CertificateModel } from './model.ts';

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Traefik's `clientAuthType`, in its order: from never asked for to required and verified. */
export type ClientAuth = 'none' | 'request' | 'requireAny' | 'verifyIfGiven' | 'requireAndVerify';

/** One of `tls.options`. */
export interface TlsOptionsModel {
  /** `name@provider`, or `default`. */
  readonly name: string;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's names, for TLS 1.2 and older; empty: the library's own choice. */
  readonly ciphers: readonly string[];
  /** Key exchange groups by OpenSSL's names; empty: the library's own choice. */
  readonly curves: readonly string[];
  readonly clientAuth: ClientAuth;
  /** Who may have issued clients' certificates, PEM. Never empty where they are verified. */
  readonly clientRoots: readonly string[];
  /** Without a certificate for its server name a handshake fails: the default certificate is not shown. */
  readonly sniStrict: boolean;
  /** Protocols, most wanted first; never empty. */
  readonly alpn: readonly string[];
  readonly sessionTickets: boolean;
}

export interface TlsModel {
  /** Shown where no certificate is for the server name. Absent: the first of `Model.certificates`. */
  readonly defaultCertificate?: CertificateModel;
  /** The first is `default`. */
  readonly options: readonly TlsOptionsModel[];
}

/** Which of `TlsModel.options`, by index, a connection to one entrypoint gets. */
export interface TlsHostsModel {
  /** Server names of their own options, lower-case; `*.example.com` for one label more. */
  readonly hosts: readonly (readonly [host: string, options: number])[];
  /** For every other name, and for none. */
  readonly others: number;
}

/** What `default` means where nobody has written it. */
export const defaultTlsOptions: TlsOptionsModel = {
  name: 'default',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [],
  curves: [],
  clientAuth: 'none',
  clientRoots: [],
  sniStrict: false,
  alpn: ['h2', 'http/1.1'],
  sessionTickets: true,
};
