/** What a certificate says: for programs (`certificateFacts`) and for people (`describe`). Cheap to import. */

import { createHash, X509Certificate } from 'node:crypto';
import { FicusError } from '@ficus/common/errors.ts';
import { readCertificate } from './certificate-der.ts';
import { pemCertificates } from './pem.ts';

/** The facts that renewal, revocation and pinning need. */
export interface CertificateFacts {
  /** Upper-case hexadecimal, as in Node's `getPeerCertificate().serialNumber`. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch; the certificate is good until then. */
  readonly notAfter: number;
  /** The only URI name; undefined when there is none or several. */
  readonly uri: string | undefined;
  /** SHA-256 of the whole certificate: upper-case hexadecimal with colons. */
  readonly fingerprint256: string;
  /** `sha256:<hex>` of the public key (SubjectPublicKeyInfo), as `--ca-pin` takes it. */
  readonly pin: string;
}

/** Facts of a certificate that is already parsed. Throws `certificate.malformed`. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  try {
    const { uris, spki } = readCertificate(certificate.raw);
    return {
      serial: certificate.serialNumber.toUpperCase(),
      notBefore: certificate.validFromDate.getTime(),
      notAfter: certificate.validToDate.getTime(),
      uri: uris.length === 1 ? uris[0] : undefined,
      fingerprint256: certificate.fingerprint256,
      pin: pinOf(spki),
    };
  } catch (cause) {
    throw malformed(cause);
  }
}

/** Facts of the first certificate in a PEM chain. Throws `certificate.malformed`. */
export function certificateFacts(pem: string): CertificateFacts {
  return factsOf(parseCertificate(pem));
}

/** The first certificate in PEM text, parsed. Throws `certificate.malformed`. */
export function parseCertificate(pem: string): X509Certificate {
  const first = pemCertificates(pem)[0];
  if (first === undefined) throw malformed();
  try {
    return new X509Certificate(first);
  } catch (cause) {
    throw malformed(cause);
  }
}

/** `sha256:<hex>` of SubjectPublicKeyInfo bytes (RFC 7469 §2.4's hash, in hexadecimal). */
export function pinOf(spki: Uint8Array): string {
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

/** What `ficus pki inspect` prints; times are ISO 8601. */
export interface CertificateDescription {
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly uri: string | undefined;
  readonly dnsNames: readonly string[];
  /** One line, most general part first. */
  readonly subject: string;
  readonly issuer: string;
  readonly fingerprint: string;
  readonly pin: string;
  readonly isAuthority: boolean;
  /** `ec prime256v1`, `rsa 2048`, `ed25519`. */
  readonly key: string;
}

/** Describes the first certificate in PEM text. Throws `certificate.malformed`. */
export function describe(pem: string): CertificateDescription {
  const certificate = parseCertificate(pem);
  const facts = factsOf(certificate);
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails: details } = certificate.publicKey;
  const size = details?.namedCurve ?? details?.modulusLength;
  const { isCa, dnsNames } = readCertificate(certificate.raw);
  return {
    serial: facts.serial,
    notBefore: new Date(facts.notBefore).toISOString(),
    notAfter: new Date(facts.notAfter).toISOString(),
    uri: facts.uri,
    dnsNames,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    fingerprint: facts.fingerprint256,
    pin: facts.pin,
    isAuthority: isCa,
    key: size === undefined ? asymmetricKeyType : `${asymmetricKeyType} ${size}`,
  };
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}

function malformed(cause?: unknown): FicusError {
  return new FicusError('certificate.malformed', 'expected a PEM certificate, found none that can be read', {
    status: 400,
    remedy: 'check that the file begins with -----BEGIN CERTIFICATE----- and is complete',
    cause,
  });
}
