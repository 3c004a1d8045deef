/** The certificate a client showed, in the words of X.509. Made by the entrypoint, read by middlewares. */

/** A name of X.500, in the order of the certificate. Types as OpenSSL abbreviates them: C, ST, L, O, OU, CN, DC, serialNumber. */
export type DistinguishedName = readonly (readonly [type: string, value: string])[];

export interface PeerCertificate {
  readonly der: Buffer;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** Wall-clock milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Upper-case hex. */
  readonly serial: string;
  /** Subject alternative names, in the order of the certificate within each kind. */
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly addresses: readonly string[];
  readonly uris: readonly string[];
  /**
   * The certificates that lead to its root, nearest first, without the root, as far as Node tells of them: nothing when the
   * session was resumed, and in some versions (nodejs/node#65579) nothing when the certificate was verified.
   */
  readonly intermediates: readonly PeerCertificate[];
}

/** For connections on which no client can show one. */
export function noPeerCertificate(): undefined {
  return undefined;
}
