/** Secrets that travel with a join token: sealed with the token's own secret, so that who holds them until then can't read them. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { FicusError } from '@ficus/common/errors.ts';

/** What a joining node is given: names `[a-z0-9-]+`, and any text. */
export type Secrets = Readonly<Record<string, string>>;

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** Base64 of nonce, tag and ciphertext; `token` is the whole one as it is handed out. */
export function sealSecrets(secrets: Secrets, token: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyOf(token), nonce);
  const body = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

/** The other way; throws `token.sealed` when it was not sealed with this token, or was changed since. */
export function openSecrets(sealed: string, token: string): Secrets {
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(0, nonceBytes);
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv(algorithm, keyOf(token), nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(tag);
    const body = bytes.subarray(nonceBytes + tagBytes);
    return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')) as Secrets;
  } catch (cause) {
    throw new FicusError('token.sealed', 'the secrets kept for this token can’t be opened with it', {
      status: 500,
      remedy: 'create a new token with its secrets on the parent',
      cause,
    });
  }
}

/** RFC 5869; a token carries 256 random bits of its own, so no salt is needed. */
function keyOf(token: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token.trim(), '', 'ficus join secrets v1', keyBytes));
}
