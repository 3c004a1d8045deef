/** Which keys the mesh accepts. */

import type { KeyObject } from 'node:crypto';

/** Sentence about a key we refuse, or undefined for P-256, P-384, Ed25519 and RSA of 2048 to 8192 bits. */
export function weakKey(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key;
  const size = details?.namedCurve ?? details?.modulusLength;
  if (type === 'ed25519') return undefined;
  if (type === 'ec' && (size === 'prime256v1' || size === 'secp384r1')) return undefined;
  // Above 8192 bits one verification costs more than a handshake should.
  if (type === 'rsa' && typeof size === 'number' && size >= 2048 && size <= 8192) return undefined;
  return `expected a P-256, P-384, Ed25519 or RSA (2048 bits or more) key, found ${type}${size === undefined ? '' : ` ${size}`}`;
}
