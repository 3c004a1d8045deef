/** Certificate requests (PKCS#10, RFC 2986): made on the node, whose key never leaves it. Cheap to import. */

import { generateKeyPairSync, sign } from 'node:crypto';
import { FicusError } from '@ficus/common/errors.ts';
import { pinOf } from './certificate.ts';
import { bitString, der, integer, oid, readAll, readOne, tags } from './der.ts';
import { parseSpiffeId } from './identity.ts';
import { fromPem, toPem } from './pem.ts';

/** A fresh key and the request for its certificate. */
export interface CertificateRequest {
  /** PKCS#8 PEM, P-256. Secret. */
  readonly key: string;
  /** PKCS#10 PEM. */
  readonly csr: string;
}

/** Longest request read, in characters; a P-256 one has about 500. */
export const maxCsrLength = 16_384;

/**
 * Makes a P-256 key and a request that names `uri`. Written with our own DER, because a child renews inside its
 * process and should not load a certificate library for 300 bytes. Throws `identity.spiffe-id`.
 */
export function createRequest({ uri }: { readonly uri: string }): CertificateRequest {
  const { name } = parseSpiffeId(uri);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const commonName = der(tags.sequence, oid('2.5.4.3'), der(tags.utf8, Buffer.from(name)));
  const names = der(tags.sequence, der(0x86, Buffer.from(uri)));
  const san = der(tags.sequence, oid('2.5.29.17'), der(tags.octetString, names));
  const extensionRequest = der(
    tags.sequence,
    oid('1.2.840.113549.1.9.14'),
    der(tags.set, der(tags.sequence, san)),
  );
  const info = der(
    tags.sequence,
    integer(0),
    der(tags.sequence, der(tags.set, commonName)),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa0, extensionRequest),
  );
  const request = der(
    tags.sequence,
    info,
    der(tags.sequence, oid('1.2.840.10045.4.3.2')),
    bitString(sign('sha256', info, privateKey)),
  );
  return {
    key: toPem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })),
    csr: toPem('CERTIFICATE REQUEST', request),
  };
}

/**
 * `sha256:<hex>` of a request's public key, to recognise the same node asking twice (a lost reply). Does not verify
 * the signature: `Authority.issue` does. Throws `csr.malformed`.
 */
export function requestPin(csr: string): string {
  try {
    const [info] = readAll(readOne(requestDer(csr), tags.sequence).content);
    const spki = info === undefined ? undefined : readAll(info.content)[2];
    if (spki?.tag !== tags.sequence) throw malformedRequest();
    return pinOf(spki.der);
  } catch (cause) {
    throw malformedRequest(cause);
  }
}

/** DER of a PEM request within the cap. Throws `csr.malformed`. */
export function requestDer(csr: string): Buffer {
  const bytes = csr.length <= maxCsrLength ? fromPem('CERTIFICATE REQUEST', csr) : undefined;
  if (bytes === undefined) throw malformedRequest();
  return bytes;
}

/** The one error for a request that cannot be read or whose signature is wrong. */
export function malformedRequest(cause?: unknown): FicusError {
  return new FicusError(
    'csr.malformed',
    `expected a signed PKCS#10 request in PEM of at most ${maxCsrLength} characters, found something else`,
    { status: 400, remedy: 'let "ficus join" make the request', cause },
  );
}
