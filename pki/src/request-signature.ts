/** Reads a request's key and verifies its signature from strict DER, with OpenSSL: the library's reader is lenient. */

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { DerError, der, oid, readAll, readOne, tags } from './der.ts';

const sequence = (...parts: Buffer[]): Buffer => der(tags.sequence, ...parts);
const rsa = (id: string): Buffer => sequence(oid(id), der(tags.nil));

/** Signature algorithms accepted, as their exact bytes, with the digest to verify by (null: the key's own). */
const algorithms: readonly (readonly [type: string, bytes: Buffer, digest: string | null])[] = [
  ['ec', sequence(oid('1.2.840.10045.4.3.2')), 'sha256'],
  ['ec', sequence(oid('1.2.840.10045.4.3.3')), 'sha384'],
  ['rsa', rsa('1.2.840.113549.1.1.11'), 'sha256'],
  ['rsa', rsa('1.2.840.113549.1.1.12'), 'sha384'],
  ['rsa', rsa('1.2.840.113549.1.1.13'), 'sha512'],
  ['ed25519', sequence(oid('1.3.101.112')), null],
];

/** A request in strict DER: its key, and whether that key signed it. Throws on anything malformed. */
export function readRequest(bytes: Uint8Array): {
  key: KeyObject;
  spki: Uint8Array;
  isSigned: () => boolean;
} {
  const [info, algorithm, signature, ...rest] = readAll(readOne(bytes, tags.sequence).content);
  const spki = info?.tag === tags.sequence ? readAll(info.content)[2] : undefined;
  if (info === undefined || algorithm === undefined || signature?.tag !== tags.bitString || rest.length > 0)
    throw new DerError('expected info, algorithm, signature');
  if (spki?.tag !== tags.sequence || signature.content[0] !== 0)
    throw new DerError('expected a key and signature');
  const key = createPublicKey({ key: Buffer.from(spki.der), format: 'der', type: 'spki' });
  const isSigned = (): boolean => {
    const known = algorithms.find(([type, id]) => type === key.asymmetricKeyType && id.equals(algorithm.der));
    return known !== undefined && verify(known[2], info.der, key, signature.content.subarray(1));
  };
  return { key, spki: spki.der, isSigned };
}
