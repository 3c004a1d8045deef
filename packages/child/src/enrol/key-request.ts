/**
 * A certificate request for joining. It may name nobody: the token decides who the child is, and until the parent
 * answers the child does not know its own trust domain. With a name, only that name is accepted.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { bitString, der, integer, oid, tags } from '@ficus/pki/der.ts';
import { toPem } from '@ficus/pki/pem.ts';
import type { PendingJoin } from './pending.ts';

/** Makes a P-256 key and a PKCS#10 request (RFC 2986) whose common name is `name`, or whose subject is empty. */
export function createKeyRequest(name: string | undefined): PendingJoin {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const commonName = (text: string) =>
    der(tags.set, der(tags.sequence, oid('2.5.4.3'), der(tags.utf8, Buffer.from(text))));
  const info = der(
    tags.sequence,
    integer(0),
    name === undefined ? der(tags.sequence) : der(tags.sequence, commonName(name)),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa0),
  );
  const ecdsaWithSha256 = der(tags.sequence, oid('1.2.840.10045.4.3.2'));
  const request = der(tags.sequence, info, ecdsaWithSha256, bitString(sign('sha256', info, privateKey)));
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    csr: toPem('CERTIFICATE REQUEST', request),
  };
}
