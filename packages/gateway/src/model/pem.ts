/** PEM text, whether it was written in the configuration or in a file that was read before. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isPem } from '../config/file-references.ts';
import type { CertificateModel } from './model.ts';
import type { DynamicSource } from './resolve-input.ts';

/** The text itself, or the content of the file it names; undefined when that was not read. */
export function pemOf(fileOrContent: string, source: DynamicSource): string | undefined {
  return isPem(fileOrContent) ? fileOrContent : source.files?.get(fileOrContent);
}

/** The type of its key, such as `rsa` or `ec`. Throws when it is no certificate. */
export function keyTypeOf(cert: string): string {
  return new X509Certificate(cert).publicKey.asymmetricKeyType ?? '';
}

/** A certificate with the names it is for, or what is wrong with the pair. Never quotes the key. */
export function certificateOf(cert: string, key: string): CertificateModel | string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    return 'the certificate file holds no PEM certificate';
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      return 'the key does not belong to the certificate';
  } catch {
    return 'the key file holds no PEM private key without passphrase';
  }
  return { names: namesOf(certificate), cert, key };
}

/** Whether it is PEM with certificates, and nothing but good ones. */
export function isCertificateList(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return false;
  }
  return blocks.length > 0;
}

/** DNS names of the subjectAltName, else the common name. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const names = [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,"\s]+)/g)].map(([, name]) => name!);
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  const found = names.length === 0 && common !== undefined ? [common] : names;
  return [...new Set(found.map((name) => name.toLowerCase()))];
}
