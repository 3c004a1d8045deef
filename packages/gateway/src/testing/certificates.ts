/** Self-signed certificates for TLS entrypoints. */
import { makeCertificate } from '@ficus/pki/testing/certificates.ts';
import type { CertificateModel } from '../model/model.ts';

export function selfSigned(...names: readonly string[]): CertificateModel {
  const { certificate, key } = makeCertificate({ dnsNames: names, uris: [] });
  return { names, cert: certificate, key };
}
