/** Join tokens: opaque one-time secrets, `v1.<id>.<secret>`. Pure; single use is the store's business. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { FicusError } from '@ficus/common/errors.ts';

/** Default life, 15 minutes in milliseconds. */
export const defaultTokenTtlMs = 15 * 60_000;
/** Longest life, 24 hours in milliseconds. */
export const maxTokenTtlMs = 24 * 3_600_000;

/** A token fresh from `createToken`. Only `id`, `secretHash` and the times may be stored or logged. */
export interface NewToken {
  /** The whole secret text; shown once. */
  readonly token: string;
  /** Public handle, 16 hexadecimal digits. */
  readonly id: string;
  /** SHA-256 of the secret, lower-case hexadecimal. 256 random bits need no slow hash. */
  readonly secretHash: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; the token is good before, not at, this instant. */
  readonly expiresAt: number;
}

/** A token as presented. The secret itself is gone: only its hash is kept. */
export interface ParsedToken {
  readonly id: string;
  readonly secretHash: string;
}

const form = /^v1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{43})$/;
const tokenLength = 3 + 16 + 1 + 43;

/** Makes a token with 256 random bits. `ttlMs` from 1 to 24 h, else throws `token.ttl`. */
export function createToken(now: number, ttlMs: number = defaultTokenTtlMs): NewToken {
  if (!Number.isInteger(ttlMs) || ttlMs <= 0 || ttlMs > maxTokenTtlMs) {
    throw new FicusError('token.ttl', `expected a life between 1 ms and 24 h, found ${ttlMs} ms`, {
      status: 400,
      remedy: 'leave it out for 15 minutes',
    });
  }
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32);
  const token = `v1.${id}.${secret.toString('base64url')}`;
  return { token, id, secretHash: hash(secret), createdAt: now, expiresAt: now + ttlMs };
}

/** Reads a presented token; throws `token.malformed` without repeating any of it. */
export function parseToken(text: string): ParsedToken {
  const trimmed = text.length <= tokenLength + 8 ? text.trim() : '';
  const [, id, encoded] = form.exec(trimmed) ?? [];
  const secret = Buffer.from(encoded ?? '', 'base64url');
  // 43 characters carry two spare bits; only one spelling of a secret is valid.
  if (id === undefined || secret.length !== 32 || secret.toString('base64url') !== encoded) {
    throw new FicusError(
      'token.malformed',
      'expected a join token of the form v1.<id>.<secret>, found something else',
      {
        status: 403,
        remedy: 'copy the whole line that "ficus token create" printed',
      },
    );
  }
  return { id, secretHash: hash(secret) };
}

/**
 * Whether a presented token has the stored secret. Compares hashes in constant time. For an unknown id pass
 * `undefined`: it costs the same and is false.
 */
export function tokenMatches(parsed: ParsedToken, secretHash: string | undefined): boolean {
  const presented = Buffer.from(parsed.secretHash, 'hex');
  const stored = Buffer.from(secretHash ?? '', 'hex');
  const known = stored.length === presented.length;
  const same = timingSafeEqual(presented, known ? stored : Buffer.alloc(presented.length));
  return known && same;
}

function hash(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex');
}
