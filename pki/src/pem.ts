/** Splits and makes PEM text. */

import { FicusError } from '@ficus/common/errors.ts';

/** Longest PEM text read, in characters. */
export const maxPemLength = 1_048_576;
const maxCertificates = 64;
const certificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const privateKey = /-----BEGIN (?:EC |RSA )?PRIVATE KEY-----[^-]*-----END (?:EC |RSA )?PRIVATE KEY-----/;

/** Every certificate in the text, in order, one PEM each. Text around them is ignored. At most 64. */
export function pemCertificates(text: string): string[] {
  if (text.length > maxPemLength)
    throw new FicusError('pem.too-large', `expected PEM of at most ${maxPemLength} characters`);
  const found = text.match(certificate) ?? [];
  if (found.length > maxCertificates)
    throw new FicusError('pem.too-many', `expected at most ${maxCertificates} certificates`);
  return found.map((pem) => `${pem}\n`);
}

/** The first unencrypted private key in the text, or undefined. */
export function pemPrivateKey(text: string): string | undefined {
  if (text.length > maxPemLength) return undefined;
  const found = privateKey.exec(text);
  return found === null ? undefined : `${found[0]}\n`;
}

/** PEM of DER bytes under a label such as `CERTIFICATE`. */
export function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** DER of the first PEM block with that label; undefined when there is none. */
export function fromPem(label: string, text: string): Buffer | undefined {
  if (text.length > maxPemLength) return undefined;
  const begin = `-----BEGIN ${label}-----`;
  const start = text.indexOf(begin);
  const end = text.indexOf(`-----END ${label}-----`, start + begin.length);
  if (start < 0 || end < 0) return undefined;
  const body = text.slice(start + begin.length, end).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return undefined;
  return Buffer.from(body, 'base64');
}
